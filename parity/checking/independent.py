"""Divergences of a whole model that stand by themselves, each with what precedes it right.

One mistake early in a model makes everything after it differ, and so hides a second one. Therefore
a candidate that differs is run once more, with each layer inside it passing on what the reference's
layer returns. What differs then comes from the code since the last layer, or from the layer itself.
"""

from collections.abc import Callable
from dataclasses import replace

from parity.arrays import Arrays
from parity.checking.case_runs import CaseRuns
from parity.checking.case_verdict import judge
from parity.declaring.port import REFERENCE_OUTPUTS, Pair, Side
from parity.declaring.trace import Task
from parity.errors import ParityError
from parity.judging.verdict import OutputResult
from parity.runners.side import run_side


def find_independent(pair: Pair, runs: CaseRuns, outputs: list[OutputResult]) -> tuple[str, ...]:
    """Return the outputs that differ though the layers before them return the reference's outputs.

    Of a layer whose input differs, only the input is named. Empty if `pair` cannot be run in that
    way, or has no float64 run.

    Args:
        pair: the whole model.
        runs: its runs.
        outputs: the verdicts on them.
    """
    double = runs.traces.reference64
    failing = {output.name for output in outputs if not output.verdict.passes}
    if pair.in_place is None or double is None or not failing:
        return ()
    held = replace(pair, candidate=_holding(pair.in_place, lambda task: double.outputs))
    task = replace(runs.task, differentiate=())
    try:
        singles, doubles = (run_side(held, "candidate", task, d) for d in ("float32", "float64"))
    except ParityError:
        return ()
    values = runs.traces.map(lambda trace: replace(trace, gradients={}))
    again = replace(runs, task=task, traces=values).with_candidate(singles, doubles)
    wrong = [output.name for output in judge(pair, again)[0] if not output.verdict.passes]
    return tuple(name for name in wrong if name in failing and f"{name}/input" not in wrong)


def at_divergence(pair: Pair, name: str) -> Pair:
    """Return the pair as it is for one divergence: what precedes it right, and nothing after it.

    Raises ParityError if the pair cannot be run in that way.
    """
    if pair.in_place is None:
        raise ParityError(f"{pair.layer} cannot be run with the reference's outputs inside it")
    made: dict[tuple[int, ...], Arrays] = {}

    def outputs(task: Task) -> Arrays:
        # The arrays of a task are kept by its user for as long as it is diagnosed.
        key = tuple(map(id, (*task.inputs.values(), *task.weights.values())))
        if key not in made:
            made[key] = run_side(pair, "reference", task, "float64").outputs
        return made[key]

    def only(outputs: Arrays, task: Task) -> Arrays:
        return {name: outputs[name]}

    return replace(
        pair,
        reference=replace(pair.reference, after=only),
        candidate=replace(_holding(pair.in_place, outputs), after=only),
    )


def _holding(side: Side, outputs: Callable[[Task], Arrays]) -> Side:
    def before(task: Task) -> Task:
        plain = replace(task, differentiate=())
        return replace(plain, options={**task.options, REFERENCE_OUTPUTS: outputs(plain)})

    return replace(side, before=before)
