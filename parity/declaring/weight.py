"""One weight of a layer, and how either side holds it."""

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
    """One weight: its canonical name and shape, and how the candidate holds it.

    `forward` lays the reference's array out as the candidate's arrays, one for each of `keys`;
    `inverse` takes them back. Both must only move elements: gradients go the same way. A `positive`
    weight (a variance) is drawn from 0.5 to 1.5.
    """

    name: str
    shape: tuple[int, ...]
    keys: tuple[str, ...]
    transform: str = "identity"
    forward: Callable[[Array], tuple[Array, ...]] = _itself
    inverse: Callable[[tuple[Array, ...]], Array] = _only
    positive: bool = False
