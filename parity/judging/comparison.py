"""Two sides' arrays -> a verdict for each output. No framework, no files, nothing but numpy."""

from dataclasses import replace

import numpy as np

from parity.arrays import Array, Arrays
from parity.judging import distributions, elementwise, float64_comparison, oracle
from parity.judging.case_outputs import Runs
from parity.judging.float64_comparison import element, one_sided
from parity.judging.verdict import OutputResult, Verdict

_EXACT_KINDS = "biuSU"


def compare(runs: Runs) -> list[OutputResult]:
    """A verdict for every output that either side names, in the reference's order."""
    names = [*runs.reference32, *(n for n in runs.candidate32 if n not in runs.reference32)]
    return float64_comparison.spread([_compare_output(name, runs) for name in names], runs)


def _compare_output(name: str, runs: Runs) -> OutputResult:
    if name not in runs.candidate32:
        held = runs.reference32[name]
        return OutputResult(
            name,
            Verdict.STRUCTURE,
            f"the candidate has no such output; it has {_listed(runs.candidate32)}",
            ref_shape=held.shape,
            ref_dtype=str(held.dtype),
        )
    if name not in runs.reference32:
        held = runs.candidate32[name]
        return OutputResult(
            name,
            Verdict.STRUCTURE,
            f"the reference has no such output; it has {_listed(runs.reference32)}",
            cand_shape=held.shape,
            cand_dtype=str(held.dtype),
        )
    reference, candidate = runs.reference32[name], runs.candidate32[name]
    blank = OutputResult(
        name,
        Verdict.NOT_COMPARED,
        ref_shape=reference.shape,
        cand_shape=candidate.shape,
        ref_dtype=runs.dtypes(name)[0],
        cand_dtype=runs.dtypes(name)[1],
    )
    if reason := _structure(blank):
        return replace(blank, verdict=Verdict.STRUCTURE, reason=reason)
    if reference.size == 0:
        return replace(blank, reason="no elements to compare")
    if name in runs.samples:
        return _compare_samples(blank, reference, candidate)
    if reference.dtype.kind in _EXACT_KINDS:
        return _compare_exactly(blank, reference, candidate)
    if not _has_oracle(name, runs):
        return _compare_without_oracle(blank, reference, candidate, runs.reduction)
    return float64_comparison.hold(blank, name, runs)


def _listed(outputs: Arrays) -> str:
    own = [name for name in outputs if not name.startswith("grad/")]
    return ", ".join(own) or "none"


def _structure(blank: OutputResult) -> str:
    if blank.ref_shape != blank.cand_shape:
        return f"shape {blank.cand_shape}, expected {blank.ref_shape}"
    if blank.ref_dtype != blank.cand_dtype:
        return f"dtype {blank.cand_dtype}, expected {blank.ref_dtype}"
    return ""


def _has_oracle(name: str, runs: Runs) -> bool:
    """Whether float64 can judge an output: not one held in half precision in any run."""
    if runs.reference64 is None or runs.candidate64 is None:
        return False
    if runs.dtypes(name)[0] not in ("float16", "bfloat16"):
        return True
    both = (runs.reference64.get(name), runs.candidate64.get(name))
    return all(array is not None and array.dtype == np.float64 for array in both)


def _first(condition: Array) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(condition)[0])


def _compare_samples(blank: OutputResult, reference: Array, candidate: Array) -> OutputResult:
    if reference.size < distributions.FEWEST and np.ptp(reference) > 0:
        reason = f"{reference.size} values are too few to tell distributions apart"
        return replace(blank, reason=reason)
    found = distributions.compare(reference, candidate)
    return replace(
        blank,
        verdict=Verdict.EQUIVALENT if found.same else Verdict.DIFFERENT,
        reason=found.text,
        compared=reference.size,
    )


def _compare_exactly(blank: OutputResult, reference: Array, candidate: Array) -> OutputResult:
    unequal = reference != candidate
    if not unequal.any():
        return replace(blank, verdict=Verdict.IDENTICAL, compared=reference.size)
    return replace(
        blank,
        verdict=Verdict.DIFFERENT,
        reason=f"{int(unequal.sum())} of {unequal.size} elements differ",
        compared=reference.size,
        worst=element(_first(unequal), reference, candidate),
    )


def _compare_without_oracle(
    blank: OutputResult, reference: Array, candidate: Array, reduction: int
) -> OutputResult:
    if broken := one_sided(blank, reference, candidate, str(reference.dtype)):
        return broken
    compared = elementwise.finite(reference)
    if not compared:
        return replace(blank, reason="no finite element to compare")
    gap, scale = elementwise.largest_gap(reference, candidate), elementwise.magnitude(reference)
    dtype = blank.ref_dtype if blank.ref_dtype in oracle.EPS_OF else "float32"
    assert dtype is not None
    allowed = oracle.fallback_bound(scale, reduction, dtype)
    result = replace(blank, compared=compared, scale=scale, max_abs_err_32=gap.size)
    without = f"no float64 run; bound {allowed:.2g} from {dtype} and sums of {reduction} terms"
    if elementwise.same_bits(reference, candidate):
        return replace(result, verdict=Verdict.IDENTICAL, reason=without)
    if allowed > oracle.fallback_limit(scale, dtype):
        reason = f"no float64 run, and in {dtype} sums of {reduction} terms tell nothing"
        return replace(result, reason=reason)
    if gap.size <= allowed:
        return replace(result, verdict=Verdict.EQUIVALENT, reason=without)
    return replace(
        result,
        verdict=Verdict.DIFFERENT,
        reason=f"differs by {gap.size:.3g} at a scale of {scale:.3g} ({without})",
        worst=element(gap.index, reference, candidate),
    )
