"""Drift of training runs: how far two runs are apart, and how far two correct ones may be.

Each step of a training feeds its rounding into the next, so runs drift apart, often exponentially,
and no bound for a step is known in advance. The bound is measured, as for a layer
(parity.judging.oracle): the reference's float32 run drifts from its float64 run by rounding alone,
and the two float64 runs may drift as fast, scaled by the ratio of the precisions. Where this single
sample might mislead, correct runs from ulp-perturbed weights show how fast such runs drift in each
precision (parity.train.ulp_perturbed). No law of growth is assumed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parity.arrays import Array, Arrays
from parity.judging import elementwise, oracle
from parity.judging.verdict import Verdict

RUNS = ("reference32", "candidate32", "reference64", "candidate64")
WEIGHT = "weight/"


@dataclass(frozen=True)
class Spread:
    """Largest distance seen so far between correct runs and the reference's float64 run."""

    float32: float = 0.0
    float64: float = 0.0

    def widened(self, other: "Spread") -> "Spread":
        """Return the larger spread in each precision."""
        return Spread(max(self.float32, other.float32), max(self.float64, other.float64))


@dataclass(frozen=True)
class QuantityComparison:
    """Comparison of one quantity after one step: largest absolute differences over its elements.

    Args:
        name: "loss", "gradient/<weight>", "weight/<weight>" or "evaluation/<records>".
        scale: largest magnitude in the reference's float64 run, the truth.
        difference32: between the sides in float32.
        difference64: between the sides in float64.
        reference_error: of the reference's float32 run from the truth.
        candidate_error: of the candidate's float32 run from the truth.
        logic: bound on `difference64`.
        rounding: bound on `candidate_error`.
        structure_error: where NaN or infinity is on one side only; "" if nowhere.
    """

    name: str
    scale: float
    difference32: float
    difference64: float
    reference_error: float
    candidate_error: float
    logic: float
    rounding: float
    structure_error: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return the verdict on this quantity at this step."""
        if self.structure_error:
            return Verdict.STRUCTURE
        if self.difference64 > self.logic:
            return Verdict.DIFFERENT
        if self.candidate_error > self.rounding:
            return Verdict.IMPRECISE
        same = self.difference32 == 0 and self.difference64 == 0
        return Verdict.IDENTICAL if same else Verdict.EQUIVALENT

    @property
    def excess(self) -> float:
        """Return the float64 difference relative to its bound; 0 where there is no difference."""
        return self.difference64 / self.logic if self.difference64 else 0.0

    def describe(self) -> str:
        """Return the numbers behind the verdict, in one line."""
        if self.structure_error:
            return self.structure_error
        if self.difference64 > self.logic:
            return (
                f"float64 runs differ by {self.difference64:.3g} at a scale of {self.scale:.3g} "
                f"(rounding allows {self.logic:.2g})"
            )
        return (
            f"float32 error {self.candidate_error:.3g} at a scale of {self.scale:.3g}, the "
            f"reference's is {self.reference_error:.3g} (allowed {self.rounding:.2g})"
        )

    def allowing(self, spread: Spread) -> "QuantityComparison":
        """Return the comparison with bounds that allow the spread of correct runs."""
        error = max(self.reference_error, spread.float32)
        bounds = oracle.bounds(self.scale, error, self.candidate_error)
        # Two correct runs side by side, as in float32: the same factor.
        float64 = oracle.ROUNDING_FACTOR * spread.float64
        return replace(self, logic=max(bounds.logic, float64), rounding=bounds.rounding)


def compare(runs: Mapping[str, Arrays], spreads: Mapping[str, Spread]) -> list[QuantityComparison]:
    """Compare each quantity of the four `RUNS`, in the reference's order."""
    return [
        _compare(name, [runs[run][name] for run in RUNS], spreads.get(name, Spread()))
        for name in runs["reference64"]
    ]


def _compare(name: str, arrays: list[Array], spread: Spread) -> QuantityComparison:
    reference32, candidate32, reference64, candidate64 = arrays
    structure_error = ""
    for one, other, dtype in (
        (reference32, candidate32, "float32"),
        (reference64, candidate64, "float64"),
    ):
        if elementwise.nonfinite_mismatch(one, other):
            structure_error = f"NaN or infinity on one side only, in {dtype}"
    return QuantityComparison(
        name,
        scale=elementwise.magnitude(reference64),
        difference32=elementwise.largest_gap(reference32, candidate32).size,
        difference64=elementwise.largest_gap(reference64, candidate64).size,
        reference_error=elementwise.largest_gap(reference32, reference64).size,
        candidate_error=elementwise.largest_gap(candidate32, reference64).size,
        logic=0.0,
        rounding=0.0,
        structure_error=structure_error,
    ).allowing(spread)


def is_decidable(comparisons: list[QuantityComparison], travelled: float) -> bool:
    """Return True if a step can still be judged: correct runs differ by less than was learned.

    `travelled` is the largest distance of an element of a weight from its start.
    """
    allowed = max((c.logic for c in comparisons if c.name.startswith(WEIGHT)), default=0.0)
    return allowed <= oracle.FALLBACK_LIMIT * travelled or travelled == 0
