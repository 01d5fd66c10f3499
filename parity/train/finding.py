"""Result of testing one part of a step, and the comparison of numbers of float64 runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array

# Relative difference up to which two float64 numbers, computed in two ways, count as the same.
SAME = 1e-9
_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """Causes of a difference, each confirmed on steps that nothing was fitted to.

    Args:
        causes: in words; empty if nothing differs, or nothing explains it.
        unexplained: what differs without a cause; "" if nothing does.
        tried: what was tried for what is unexplained.
        entails: True if what is computed from this part differs because of it.
    """

    causes: tuple[str, ...] = ()
    unexplained: str = ""
    tried: tuple[str, ...] = ()
    entails: bool = False


def same(one: Array, other: Array, scale: float = 0.0) -> bool:
    """Return True if two arrays agree to `SAME` of the larger of their size and `scale`."""
    largest = max(float(np.abs(other).max(initial=0.0)), scale)
    return bool(np.all(np.abs(one - other) <= SAME * largest))


def shorten(names: Sequence[str]) -> str:
    """Return the first names and the number of further ones."""
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def confirmed_on(first: int, last: int) -> str:
    """Return the steps that confirmed a cause, in words."""
    return f"confirmed on steps {first} to {last}" if first < last else f"confirmed on step {last}"
