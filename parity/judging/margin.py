"""Share of its rounding bounds that an output uses; beyond 1 the verdict changes."""

from dataclasses import dataclass

from parity.judging import oracle
from parity.judging.verdict import OutputResult


@dataclass(frozen=True)
class Margin:
    """The bounds of an output, and the share of each that is used.

    `logic` is the difference of the float64 runs divided by its bound, `rounding` the candidate's
    float32 error divided by its bound; infinite where the bound is 0 and the error is not.
    """

    bounds: oracle.Bounds
    logic: float
    rounding: float

    @property
    def worse(self) -> float:
        """Return the larger of the two shares."""
        return max(self.logic, self.rounding)


def margin(output: OutputResult) -> Margin | None:
    """Return the margin of an output that was compared against float64; None for any other."""
    scale, own, gap = output.scale, output.ref_err, output.max_abs_err_64
    if scale is None or own is None or gap is None or output.cand_err is None:
        return None
    bounds = oracle.bounds(scale, own, output.cand_err, output.float32_err or 0.0)
    return Margin(bounds, _share(gap, bounds.logic), _share(output.cand_err, bounds.rounding))


def share_of_bound(output: OutputResult) -> float:
    """Return the share of the bounds that the reference alone sets; infinite if there are none.

    Unlike `margin` it does not depend on the candidate's own rounding, which is as large as the
    mistake where there is one, so that outputs can be put in order by it.
    """
    scale, own = output.scale, output.ref_err
    gap, error = output.max_abs_err_64, output.cand_err
    if scale is None or own is None or (gap is None and error is None):
        return float("inf")
    bounds = oracle.bounds(scale, own, own)
    return max(_share(gap or 0.0, bounds.logic), _share(error or 0.0, bounds.rounding))


def _share(error: float, bound: float) -> float:
    if bound > 0:
        return error / bound
    return float("inf") if error > 0 else 0.0
