"""Domains: the values that an input of a layer may take, declared or derived from examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array, Arrays

# Values at which arithmetic changes: zeros of both signs, numbers whose squares or products
# underflow, a subnormal number, and numbers that saturate an exponential.
_FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-7, -1e-7, 1e-20, 1e-30, 1e-40, 100.0, -100.0, 1e4)


@dataclass(frozen=True)
class Domain:
    """Values that one input of a pair may take.

    Args:
        input: its name among the pair's inputs.
        low: the smallest usual value.
        high: the largest usual value.
        integer: whether usual values are whole numbers, also in a floating array.
        special: further values to try, also outside of `low` to `high`.
        columns: first and last + 1 index along the last axis, if the domain holds for these columns
            only. Columns without a domain are left unchanged.
        outside: the padding value, such as beyond the end of a sequence; inputs that have one are
            padded together at either end of their second axis.
        fixed: whether the input is never changed; then its first records are always used.
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
        """Return single values to try, the simplest first; -0.0 and 0.0 are different values."""
        usual = (0.0, 1.0) if self.integer else _FLOATS
        ends = [end for end in (self.low, self.high) if np.isfinite(end)]
        inside = [
            value
            for value in (*usual, *ends)
            if self.low <= value <= self.high and not (self.low >= 0 and np.signbit(value))
        ]
        by_bits = {(value, bool(np.signbit(value))): value for value in (*inside, *self.special)}
        return tuple(by_bits.values())

    def mixed_values(self) -> tuple[float, ...]:
        """Return values to put beside one another into an array: codes, or boundaries.

        Those at which only arithmetic changes are left out, as a large one would drown the others;
        empty if no others are left.
        """
        if self.integer:
            return self.values()
        few = (value for value in (0.0, 1.0, -1.0) if self.low <= value <= self.high)
        return tuple(dict.fromkeys((*few, *self.special))) if self.special else ()

    def with_boundaries(self, numbers: Iterable[float]) -> "Domain":
        """Return the domain with numbers that code compares with, and their neighbours, to try.

        Numbers outside of its usual values are left out.
        """
        inside = [number for number in numbers if self.low <= number <= self.high]
        if self.integer:
            found = [number for number in inside if number == np.trunc(number)]
        else:
            single = np.array(inside, np.float32)
            near = (single, np.nextafter(single, -np.inf), np.nextafter(single, np.inf))
            found = [number for one in near for number in one.tolist()]
        known = (*self.special, *(n for n in found if self.low <= n <= self.high))
        return replace(self, special=tuple(dict.fromkeys(known)))

    def draw(self, random: np.random.Generator, like: Array) -> Array:
        """Draw usual values of the shape and dtype of `like`; without bounds, of its magnitude."""
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
        """Return the array, clipped to the usual values."""
        return np.asarray(np.clip(array, self.low, self.high), array.dtype)


def domains(arrays: Arrays, declared: tuple[Domain, ...]) -> Iterator[Domain]:
    """Yield the declared domains of all arrays; those without one have it derived."""
    for name, array in arrays.items():
        own = [domain for domain in declared if domain.input == name]
        yield from own or [derived(name, array)]


def derived(name: str, array: Array) -> Domain:
    """Derive the domain of an array from its own values.

    Whole numbers are taken as codes (or a mask), between the smallest and the largest of the
    array. Other numbers are in [0, 1], or not negative, if those of the array are.
    """
    if array.dtype.kind not in "fiub" or not array.size or not np.isfinite(array).all():
        return Domain(name, fixed=True)
    low, high = array.min().item(), array.max().item()
    if array.dtype.kind != "f" or bool((array == np.trunc(array)).all() and low < high):
        return Domain(name, low, high, integer=True)
    return Domain(name, 0.0 if low >= 0 else -np.inf, 1.0 if low >= 0 and high <= 1 else np.inf)
