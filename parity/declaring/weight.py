"""Weight of a layer, and its layout on either side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parity.arrays import Array

Options = Mapping[str, Any]


def _itself(array: Array) -> tuple[Array, ...]:
    return (array,)


def _only(arrays: tuple[Array, ...]) -> Array:
    (array,) = arrays
    return array


@dataclass(frozen=True)
class Weight:
    """One weight: its canonical name, its shape in the reference, and the candidate's layout.

    `forward` converts the reference's array to the candidate's arrays, one for each of `keys`;
    `inverse` converts them back. Both may only move elements, as gradients are converted too. A
    `positive` weight (a variance) is drawn from 0.5 to 1.5. Drawn values are multiplied by `scale`,
    because a trained weight may be far larger than a fresh one.
    """

    name: str
    shape: tuple[int, ...]
    keys: tuple[str, ...]
    transform: str = "identity"
    forward: Callable[[Array], tuple[Array, ...]] = _itself
    inverse: Callable[[tuple[Array, ...]], Array] = _only
    positive: bool = False
    scale: float = 1.0
