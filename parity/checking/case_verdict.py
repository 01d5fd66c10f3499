"""The verdicts of one case's outputs, and what is to be said of the case as a whole."""

from dataclasses import replace

from parity.checking.determinism import unsteady
from parity.checking.execution import PERTURBED_RUNS, FourRuns
from parity.declaring.port import Pair
from parity.errors import UnsampledError
from parity.judging import oracle
from parity.judging.case_outputs import Runs
from parity.judging.comparison import compare
from parity.judging.elementwise import crossing
from parity.judging.verdict import OutputResult, Verdict


def judge_asking_again(pair: Pair, runs: FourRuns) -> tuple[list[OutputResult], list[str]]:
    """The outputs' verdicts and all notes; of what differs, whether it differs from itself."""
    outputs, notes = judge(pair, runs)
    notes += [
        f"the {role} changes its input {name} in place"
        for role, trace in (("reference", runs.reference32), ("candidate", runs.candidate32))
        for name in trace.changed
    ]
    differing = (Verdict.DIFFERENT, Verdict.IMPRECISE)
    if not any(output.verdict in differing for output in outputs):
        return outputs, notes
    if said := unsteady(runs, "reference", pair.distributions):
        unjudged = [
            replace(output, verdict=Verdict.NOT_COMPARED, reason="the reference is random here")
            if output.verdict in differing
            else output
            for output in outputs
        ]
        return unjudged, [*notes, said]
    said = unsteady(runs, "candidate", pair.distributions)
    return outputs, [*notes, said] if said else notes


def judge(pair: Pair, runs: FourRuns) -> tuple[list[OutputResult], list[str]]:
    """The outputs' verdicts, and what is to be said of the case as a whole."""
    # A copy: the whole model's runs serve many cases, and what is said of one is not of all.
    notes = list(runs.notes)
    given = Runs(
        runs.reference32.named(),
        runs.candidate32.named(),
        runs.reference64.named() if runs.reference64 else None,
        runs.candidate64.named() if runs.candidate64 else None,
        reduction=_longest_sum(runs),
        samples=pair.distributions,
        held_as=(runs.reference32.stored_dtypes, runs.candidate32.stored_dtypes),
        sizes=runs.sizes,
    )
    outputs = compare(given)
    # What follows takes many runs, and is done only where it may change a verdict.
    try:
        if any(_may_be_luck(output) for output in outputs):
            given = replace(given, reference_errors=runs.sample_errors())
            outputs = compare(given)
            notes.append(f"the reference's rounding was sampled on {PERTURBED_RUNS} neighbours")
        if any(_is_imprecise_gradient(output) for output in outputs) and (by := _crossed(given)):
            outputs = compare(replace(given, jumps=runs.sample_jumps(2 * by)))
            notes.append(f"in float32 values of {by:.1g} stand across a kink; gradients may jump")
    except UnsampledError as error:
        return [_undecided(output) for output in outputs], [*notes, str(error)]
    return outputs, notes


def _undecided(output: OutputResult) -> OutputResult:
    """What counts only if the reference's one known error was not a lucky one."""
    if not _may_be_luck(output):
        return output
    reason = f"{output.verdict}, unless the reference had luck: {output.reason}"
    return replace(output, verdict=Verdict.NOT_COMPARED, reason=reason)


def _may_be_luck(output: OutputResult) -> bool:
    """Whether an output may fail only because the reference's own error is a lucky one."""
    if output.verdict.passes or output.max_abs_err_64 is None:
        return False
    if output.verdict is not Verdict.DIFFERENT:
        return True
    assert output.scale is not None
    assert output.ref_err is not None
    return oracle.may_be_luck(output.scale, output.ref_err, output.max_abs_err_64)


def _is_imprecise_gradient(output: OutputResult) -> bool:
    return output.verdict is Verdict.IMPRECISE and output.name.startswith("grad/")


def _crossed(given: Runs) -> float:
    """How far from 0 the candidate's float32 outputs stand on the other side than they should."""
    return max(
        (
            crossing(given.candidate32[name], array)
            for name, array in (given.reference64 or {}).items()
            if not name.startswith("grad/") and array.dtype.kind == "f"
        ),
        default=0.0,
    )


def _longest_sum(runs: FourRuns) -> int:
    """The longest sum to expect: over a weight's inputs, or over what one record holds."""
    kernels = [shape for shape in runs.reference32.parameter_shapes.values() if len(shape) > 1]
    shapes = kernels or [array.shape[1:] for array in runs.reference32.outputs.values()]
    return max((dim for shape in shapes for dim in shape), default=1)
