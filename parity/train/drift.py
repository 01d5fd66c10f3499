"""How far two runs of a training have parted, and how far two right ones may.

A training feeds each step's rounding into the next, so that runs part, often exponentially, and no
bound on a step can be written down beforehand. It is measured instead, as for a layer
(parity.judging.oracle): the reference's float32 run parts from its float64 run by rounding alone,
and so fast, scaled by the ratio of the precisions, may the two float64 runs part. Where that one
sample is in doubt, right runs that start from neighbouring weights tell how fast such runs part in
each precision (parity.train.lockstep); no law of growth is supposed then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parity.arrays import Array, Arrays
from parity.judging import elementwise, oracle
from parity.judging.verdict import Verdict

RUNS = ("reference32", "candidate32", "reference64", "candidate64")


@dataclass(frozen=True)
class Room:
    """How far right runs were seen to part up to now: in float32 from the truth, in float64."""

    single: float = 0.0
    double: float = 0.0

    def widened(self, other: "Room") -> "Room":
        """The larger of each."""
        return Room(max(self.single, other.single), max(self.double, other.double))


@dataclass(frozen=True)
class Figure:
    """One quantity after one step: largest absolute differences over its elements.

    `scale` is its magnitude in the reference's float64 run, the truth; `apart32` and `apart64` are
    between the sides; `reference_error` and `candidate_error` of a float32 run from the truth.
    `logic` and `rounding` bound `apart64` and `candidate_error`. `broken` says where NaN, infinity
    or a shape is on one side only.
    """

    name: str
    scale: float
    apart32: float
    apart64: float
    reference_error: float
    candidate_error: float
    logic: float
    rounding: float
    broken: str = ""

    @property
    def verdict(self) -> Verdict:
        """What is to be said of this quantity at this step."""
        if self.broken:
            return Verdict.STRUCTURE
        if self.apart64 > self.logic:
            return Verdict.DIFFERENT
        if self.candidate_error > self.rounding:
            return Verdict.IMPRECISE
        same = self.apart32 == 0 and self.apart64 == 0
        return Verdict.IDENTICAL if same else Verdict.EQUIVALENT

    @property
    def excess(self) -> float:
        """`apart64` in units of what is allowed; 0 where nothing is apart."""
        return self.apart64 / self.logic if self.apart64 else 0.0

    def words(self) -> str:
        """What is to be said of it beside its verdict."""
        if self.broken:
            return self.broken
        if self.apart64 > self.logic:
            return (
                f"float64 runs apart by {self.apart64:.3g} at a scale of {self.scale:.3g} "
                f"(rounding allows {self.logic:.2g})"
            )
        return (
            f"float32 error {self.candidate_error:.3g} at a scale of {self.scale:.3g}, the "
            f"reference's is {self.reference_error:.3g} (allowed {self.rounding:.2g})"
        )

    def given(self, room: Room) -> "Figure":
        """With what right runs were seen to do allowed for."""
        error = max(self.reference_error, room.single)
        bounds = oracle.bounds(self.scale, error, self.candidate_error)
        # One right run beside another, as in float32: the same factor.
        double = oracle.ROUNDING_FACTOR * room.double
        return replace(self, logic=max(bounds.logic, double), rounding=bounds.rounding)


def measure(runs: Mapping[str, Arrays], rooms: Mapping[str, Room]) -> list[Figure]:
    """A figure for each quantity of the four `RUNS`, in the reference's order."""
    return [
        _figure(name, [runs[run][name] for run in RUNS], rooms.get(name, Room()))
        for name in runs["reference64"]
    ]


def _figure(name: str, arrays: list[Array], room: Room) -> Figure:
    reference32, candidate32, reference64, candidate64 = arrays
    figure = Figure(
        name,
        elementwise.magnitude(reference64),
        elementwise.largest_gap(reference32, candidate32).size,
        elementwise.largest_gap(reference64, candidate64).size,
        elementwise.largest_gap(reference32, reference64).size,
        elementwise.largest_gap(candidate32, reference64).size,
        0.0,
        0.0,
        _broken(arrays),
    )
    return figure.given(room)


def _broken(arrays: list[Array]) -> str:
    reference32, candidate32, reference64, candidate64 = arrays
    for one, other, dtype in (
        (reference64, candidate64, "float64"),
        (reference32, candidate32, "float32"),
    ):
        if elementwise.unlike_nonfinite(one, other):
            return f"NaN or infinity on one side only, in {dtype}"
    return ""


def told(figures: list[Figure], travelled: float) -> bool:
    """Whether a step can still be judged: right runs are nearer to each other than what is learned.

    `travelled` is the farthest that an element of a weight has come from its start.
    """
    allowed = max((f.logic for f in figures if f.name.startswith("weight/")), default=0.0)
    return allowed <= oracle.FALLBACK_LIMIT * travelled or travelled == 0
