"""What values an input of a layer may take: declared, or what the inputs made tell."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parity.arrays import Array, Arrays

# Where arithmetic is known to turn: zeros of either sign, sizes of which squares or products
# underflow, a number below the smallest normal one, and numbers that saturate what is exponential.
_FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-7, -1e-7, 1e-20, 1e-30, 1e-40, 100.0, -100.0, 1e4)


@dataclass(frozen=True)
class Domain:
    """What the input named `input` may hold, on the way from the usual to the odd.

    Args:
        input: its name among the pair's inputs.
        low: the smallest usual value.
        high: the largest usual value.
        integer: whether usual values are whole numbers, in a floating array too.
        special: values worth trying, also beyond `low` and `high`.
        columns: first and last + 1 of the last axis, if what is said holds for those alone. Columns
            that no domain of a declared input speaks of are left as they are.
        outside: what stands where there is nothing, such as beyond the end of a sequence; inputs
            that have it are set together at either end of their second axis.
        fixed: whether it is never changed, and of it the first records are always taken.
    """

    input: str
    low: float = -np.inf
    high: float = np.inf
    integer: bool = False
    special: tuple[float, ...] = ()
    columns: tuple[int, int] | None = None
    outside: float | None = None
    fixed: bool = False

    def values(self) -> tuple[float, ...]:
        """Single values to try, the simplest first; -0.0 is another than 0.0."""
        usual = (0.0, 1.0) if self.integer else _FLOATS
        ends = [end for end in (self.low, self.high) if np.isfinite(end)]
        inside = [
            value
            for value in (*usual, *ends)
            if self.low <= value <= self.high and not (self.low >= 0 and np.signbit(value))
        ]
        by_bits = {(value, bool(np.signbit(value))): value for value in (*inside, *self.special)}
        return tuple(by_bits.values())

    def draw(self, random: np.random.Generator, like: Array) -> Array:
        """Usual values of the shape and dtype of `like`, of its size where there are no bounds."""
        drawn: Array
        if not (np.isfinite(self.low) and np.isfinite(self.high)):
            size = np.abs(like[np.isfinite(like)]).max(initial=0.0) or 1.0
            drawn = np.asarray(random.standard_normal(like.shape) * size)
        elif self.integer:
            drawn = np.asarray(random.integers(int(self.low), int(self.high) + 1, like.shape))
        else:
            drawn = np.asarray(random.uniform(self.low, self.high, like.shape))
        return self.clip(drawn.astype(like.dtype))

    def clip(self, array: Array) -> Array:
        """The array with what lies beyond the usual values at their ends."""
        return np.asarray(np.clip(array, self.low, self.high), array.dtype)


def domains(arrays: Arrays, declared: tuple[Domain, ...]) -> Iterator[Domain]:
    """The domains of all arrays: those declared, and for the rest what their values tell."""
    for name, array in arrays.items():
        own = [domain for domain in declared if domain.input == name]
        yield from own or [derived(name, array)]


def derived(name: str, array: Array) -> Domain:
    """What an array's own values tell of its domain.

    Whole numbers are codes (or a mask), and stay between the smallest and the largest that were
    seen. Other numbers stay in [0, 1], or of one sign, if those seen do.
    """
    if array.dtype.kind not in "fiub" or not array.size or not np.isfinite(array).all():
        return Domain(name, fixed=True)
    low, high = array.min().item(), array.max().item()
    if array.dtype.kind != "f" or bool((array == np.trunc(array)).all() and low < high):
        return Domain(name, low, high, integer=True)
    return Domain(name, 0.0 if low >= 0 else -np.inf, 1.0 if low >= 0 and high <= 1 else np.inf)
