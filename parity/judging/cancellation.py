"""What is left of numbers that cancel: rounding, of which float32 tells nothing.

One minus a gate that saturates is the plainest: in float32 the gate is 1, and what is left exactly
0, with no error to be seen; in float64 the gate is not quite 1, and what is left is rounding for
the most part. No error figure of a float32 run can foretell that. What can is the size of the
numbers that may have cancelled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parity.arrays import Array
from parity.judging import oracle
from parity.judging.elementwise import largest_gap, magnitude

if TYPE_CHECKING:
    from parity.judging.case_outputs import Runs

# What is larger swallows, in float32, whatever near 1 is added to it: it stands for infinity (a
# mask, mostly), or for what is never added to anything (a date), so that nothing cancels with it.
_SWALLOWS = 1 / oracle.EPS32


@dataclass(frozen=True)
class Sizes:
    """The largest of some numbers, and of those among them that float32 can add to others."""

    largest: float = 0.0
    ordinary: float = 0.0

    def with_(self, other: "Sizes") -> "Sizes":
        """The larger of each."""
        return Sizes(max(self.largest, other.largest), max(self.ordinary, other.ordinary))


def sizes(arrays: Iterable[Array]) -> Sizes:
    """The sizes of the floating ones among the arrays."""
    found = Sizes()
    for array in arrays:
        if array.dtype.kind == "f":
            largest = magnitude(array)
            ordinary = largest
            if largest > _SWALLOWS:
                ordinary = magnitude(array[np.abs(array) <= _SWALLOWS])
            found = found.with_(Sizes(largest, ordinary))
    return found


def largest(runs: "Runs") -> float:
    """The largest number that may have cancelled: of those handed in and those the reference gives.

    What is too large to be added to others counts only as far as the reference's own float32 errors
    bear it out, in any output: they are its ulps.
    """
    double = runs.reference64 or {}
    found = runs.sizes.with_(sizes(double.values()))
    seen = max(
        (
            largest_gap(runs.reference32[name], array).size
            for name, array in double.items()
            if array.dtype.kind == "f" and array.shape == runs.reference32[name].shape
        ),
        default=0.0,
    )
    return max(found.ordinary, min(found.largest, seen / oracle.EPS32))


class Four(NamedTuple):
    """One output of the four runs, all of one shape."""

    ref32: Array
    cand32: Array
    ref64: Array
    cand64: Array

    def nothing(self, left: oracle.Bounds) -> bool:
        """Whether the whole output is zero but for rounding, on both sides."""
        return all(
            oracle.is_nothing(
                magnitude(single), magnitude(double), largest_gap(single, double).size, left
            )
            for single, double in ((self.ref32, self.ref64), (self.cand32, self.cand64))
        )

    def untold(self, left: oracle.Bounds) -> Array:
        """Elements of which float32 tells nothing, and in which the sides differ by rounding alone.

        A mask. In float32 they are 0, or all error, on both sides, as what is left of numbers that
        cancel is; in float64 they may differ by what rounding leaves of those there.
        """
        with np.errstate(invalid="ignore"):
            found = np.abs(self.ref64 - self.cand64) <= left.logic
            for single, double in ((self.ref32, self.ref64), (self.cand32, self.cand64)):
                size = np.abs(double)
                found &= np.abs(single - double) >= size / 2
                found &= (np.abs(single) <= left.rounding) & (size <= left.rounding)
        return np.asarray(found)

    def without(self, these: Array) -> "Four":
        """The candidate given the reference's float64 values in some elements.

        Its float32 run stays as it is: that is judged by what the whole output rounds.
        """
        return self._replace(cand64=np.where(these, self.ref64, self.cand64))


def untold_share(runs: "Runs", left: oracle.Bounds) -> float:
    """The most of its scale by which an output's untold elements differ in float64."""
    largest_share = 0.0
    for name, double in (runs.reference64 or {}).items():
        arrays = [r.get(name) for r in (runs.candidate32, runs.candidate64 or {})]
        cand32, cand64 = arrays
        if (
            double.dtype.kind == "f"
            and cand32 is not None
            and cand64 is not None
            and cand32.shape == cand64.shape == double.shape == runs.reference32[name].shape
        ):
            four = Four(runs.reference32[name], cand32, double, cand64)
            untold = four.untold(left)
            gap = largest_gap(double[untold], cand64[untold]).size
            largest_share = max(largest_share, gap / (magnitude(double) or np.inf))
    return largest_share
