"""Two sides' arrays -> a verdict for each output. No framework, no files, nothing but numpy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from parity import distributions, elementwise, oracle
from parity.port import Array, Arrays
from parity.verdict import Element, OutputResult, Verdict

_EXACT_KINDS = "biuSU"
_HALF = (
    "; of the size of float32 rounding: is a part computed in float32? "
    "(TensorFlow's gelu keeps a constant so)"
)


@dataclass(frozen=True)
class Runs:
    """The named outputs of the four runs of one case; a float64 run is None if it cannot be had.

    `reduction` is the longest sum in the computation; it is used only where float64 cannot be had.
    Outputs named in `samples` are random, and their distributions are compared instead of values.
    `held_as` names, for either side, dtypes that numpy has not (see `Trace`).
    `reference_errors` may hold float32 errors that the reference was seen to make in an output
    elsewhere; the largest of those and of this run's own counts. `magnitude` is the largest number
    that the layer was given.
    """

    reference32: Arrays
    candidate32: Arrays
    reference64: Arrays | None
    candidate64: Arrays | None
    reduction: int = 1
    samples: tuple[str, ...] = ()
    reference_errors: Mapping[str, float] = field(default_factory=dict)
    held_as: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    magnitude: float = 0.0

    def dtypes(self, name: str) -> tuple[str, str]:
        """What the reference and the candidate hold an output of the float32 runs in."""
        reference, candidate = self.held_as
        return (
            reference.get(name, str(self.reference32[name].dtype)),
            candidate.get(name, str(self.candidate32[name].dtype)),
        )


def compare(runs: Runs) -> list[OutputResult]:
    """A verdict for every output that either side names, in the reference's order."""
    names = [*runs.reference32, *(n for n in runs.candidate32 if n not in runs.reference32)]
    return [_compare_output(name, runs) for name in names]


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
    return _compare_with_oracle(blank, name, runs)


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


def _element(
    index: tuple[int, ...], reference: Array, candidate: Array, dtype: str | None = None
) -> Element:
    return Element(
        tuple(int(i) for i in index),
        repr(reference[index].item()),
        repr(candidate[index].item()),
        dtype or str(reference.dtype),
    )


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
        worst=_element(_first(unequal), reference, candidate),
    )


def _one_sided(
    blank: OutputResult, reference: Array, candidate: Array, dtype: str
) -> OutputResult | None:
    """The verdict for NaN or infinity on one side only; None if there is none."""
    unlike = elementwise.unlike_nonfinite(reference, candidate)
    if unlike is None:
        return None
    return replace(
        blank,
        verdict=Verdict.STRUCTURE,
        reason=f"NaN or infinity on one side only, in {unlike.count} elements",
        compared=reference.size,
        worst=_element(unlike.first, reference, candidate, dtype),
    )


def _compare_with_oracle(blank: OutputResult, name: str, runs: Runs) -> OutputResult:
    assert runs.reference64 is not None
    assert runs.candidate64 is not None
    ref32, cand32 = runs.reference32[name], runs.candidate32[name]
    if name not in runs.reference64 or name not in runs.candidate64:
        return replace(blank, verdict=Verdict.STRUCTURE, reason="an output of the float32 run only")
    ref64, cand64 = runs.reference64[name], runs.candidate64[name]
    for array, side in ((ref64, "reference"), (cand64, "candidate")):
        if array.dtype != np.float64 or array.shape != ref32.shape:
            return replace(
                blank,
                verdict=Verdict.STRUCTURE,
                reason=f"the {side}'s float64 run gave {array.dtype} {array.shape}; its factory "
                "is to build the layer in the dtype that it is handed",
            )
    for one, other, dtype in ((ref64, cand64, "float64"), (ref32, cand32, "float32")):
        if one_sided := _one_sided(blank, one, other, dtype):
            return one_sided
    compared = elementwise.finite(ref32, ref64)
    if not compared:
        return replace(blank, reason="no finite element to compare")
    if compared < elementwise.finite(ref32):
        return replace(blank, reason="float64 is NaN or infinite where float32 is not")
    scale, own = elementwise.magnitude(ref64), elementwise.largest_gap(ref32, ref64).size
    sampled = runs.reference_errors.get(name, 0.0)
    blank = replace(blank, compared=compared, scale=scale, ref_err=max(own, sampled))
    result = _judge(blank, ref32, cand32, ref64, cand64)
    if not result.verdict.passes:
        largest = max(runs.magnitude, *(elementwise.magnitude(a) for a in _floating(runs)))
        sides = ((ref32, ref64), (cand32, cand64))
        if all(_is_nothing(*side, largest, runs.reduction) for side in sides):
            return replace(
                result,
                verdict=Verdict.EQUIVALENT,
                reason="zero to rounding on both sides",
                worst=None,
            )
    return result


def _floating(runs: Runs) -> list[Array]:
    """What the reference gives, whose largest number is one that may have cancelled."""
    return [array for array in (runs.reference64 or {}).values() if array.dtype.kind == "f"]


def _is_nothing(single: Array, double: Array, largest: float, reduction: int) -> bool:
    return oracle.is_nothing(
        elementwise.magnitude(single),
        elementwise.magnitude(double),
        elementwise.largest_gap(single, double).size,
        largest,
        reduction,
    )


def _judge(
    blank: OutputResult, ref32: Array, cand32: Array, ref64: Array, cand64: Array
) -> OutputResult:
    gap64 = elementwise.largest_gap(ref64, cand64)
    gap32 = elementwise.largest_gap(cand32, ref64)
    assert blank.scale is not None
    assert blank.ref_err is not None
    scale = blank.scale
    bounds = oracle.bounds(scale, blank.ref_err, gap32.size)
    result = replace(
        blank,
        max_abs_err_32=elementwise.largest_gap(ref32, cand32).size,
        max_abs_err_64=gap64.size,
        cand_err=gap32.size,
    )
    if gap64.size > bounds.logic:
        half = 1e-3 * oracle.EPS32 * scale < gap64.size < 4 * oracle.EPS32 * scale
        return replace(
            result,
            verdict=Verdict.DIFFERENT,
            reason=f"float64 runs differ by {gap64.size:.3g} at a scale of {scale:.3g} "
            f"(rounding allows {bounds.logic:.2g})" + (_HALF if half else ""),
            worst=_element(gap64.index, ref64, cand64, "float64"),
        )
    if gap32.size > bounds.rounding:
        return replace(
            result,
            verdict=Verdict.IMPRECISE,
            reason=f"float32 error {gap32.size:.3g} at a scale of {scale:.3g}, "
            f"the reference's is {blank.ref_err:.3g} (allowed {bounds.rounding:.2g})",
            worst=_element(gap32.index, ref32, cand32, "float32"),
        )
    if blank.ref_err > scale:
        return _judge_noise(result, cand64)
    same = elementwise.same_bits(ref32, cand32)
    return replace(result, verdict=Verdict.IDENTICAL if same else Verdict.EQUIVALENT)


def _judge_noise(result: OutputResult, cand64: Array) -> OutputResult:
    """Where the reference's float32 error exceeds the values, nothing but zero can be told."""
    assert result.scale is not None
    assert result.ref_err is not None
    assert result.cand_err is not None
    error = oracle.rounding_seen(result.ref_err, result.cand_err)
    magnitudes = (result.scale, elementwise.magnitude(cand64))
    if all(oracle.vanishes(magnitude, error) for magnitude in magnitudes):
        return replace(result, verdict=Verdict.EQUIVALENT, reason="zero to rounding on both sides")
    return replace(
        result,
        reason="float32 is worthless here: the reference's own error, "
        f"{result.ref_err:.3g}, exceeds the values, {result.scale:.3g}",
    )


def _compare_without_oracle(
    blank: OutputResult, reference: Array, candidate: Array, reduction: int
) -> OutputResult:
    if one_sided := _one_sided(blank, reference, candidate, str(reference.dtype)):
        return one_sided
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
        worst=_element(gap.index, reference, candidate),
    )
