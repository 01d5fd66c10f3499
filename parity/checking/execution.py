"""The runs behind a verdict: four for each case, more where the reference may have had luck."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from statistics import median
from typing import TYPE_CHECKING

from parity.arrays import Arrays
from parity.declaring.inputs import is_uniform, perturb
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task, Trace
from parity.errors import (
    SideFailedError,
    StructureError,
)
from parity.judging.cancellation import Sizes, sizes
from parity.judging.elementwise import largest_gap, magnitude
from parity.runners.side import run_side

if TYPE_CHECKING:
    from parity.checking.reference import Reference

PERTURBED_RUNS = 8


@dataclass
class FourRuns:
    """Both sides in both dtypes; a float64 run that cannot be had is None, and a note says why.

    `sample_errors` gives the reference's errors over neighbours of the task, `sample_jumps` what
    kinks may do to its gradients; each is slow once, and raises UnsampledError if it cannot be had.
    `again` runs a side ("reference", "candidate") once more in a dtype; of a recorded reference it
    gives the same run. `sizes` are of the numbers handed in.
    """

    reference32: Trace
    candidate32: Trace
    sample_errors: Callable[[], dict[str, float]]
    sample_jumps: Callable[[float], dict[str, float]]
    again: Callable[[str, str], Trace]
    reference64: Trace | None = None
    candidate64: Trace | None = None
    notes: list[str] = field(default_factory=list)
    sizes: Sizes = field(default_factory=Sizes)

    def narrowed(self, pair: Pair) -> "FourRuns":
        """The part of a whole model's runs that is the layer of `pair`."""
        return replace(
            self,
            reference32=_narrow(self.reference32, pair),
            candidate32=_narrow(self.candidate32, pair),
            reference64=self.reference64 and _narrow(self.reference64, pair),
            candidate64=self.candidate64 and _narrow(self.candidate64, pair),
        )


def _narrow(trace: Trace, pair: Pair) -> Trace:
    prefix = f"weight/{pair.weights_of}/" if pair.weights_of else None
    unknown = [name for name in pair.intermediates if name not in trace.outputs]
    if unknown:
        raise StructureError(f"the whole model has no intermediate {', '.join(unknown)}")
    return replace(
        trace,
        outputs={name: trace.outputs[name] for name in pair.intermediates},
        gradients={
            name: gradient
            for name, gradient in trace.gradients.items()
            if prefix and name.startswith(prefix)
        },
    )


def run_four(pair: Pair, config: Configuration, task: Task, reference: "Reference") -> FourRuns:
    """Run both sides in float32 and float64, or take the reference's runs from a recording.

    Raises ParityError if a side cannot run in float32; that it cannot in float64 becomes a note.
    """
    sides: dict[str, Callable[[str], Trace]] = {
        "reference": lambda dtype: reference.trace(pair, config, task, dtype),
        "candidate": lambda dtype: run_side(pair, "candidate", task, dtype),
    }
    runs = FourRuns(
        sides["reference"]("float32"),
        sides["candidate"]("float32"),
        cache(lambda: reference.errors(pair, config, task)),
        cache(lambda by: reference.jumps(pair, config, task, by)),
        lambda role, dtype: sides[role](dtype),
        sizes=sizes([*task.inputs.values(), *task.weights.values()]),
    )
    for role, run in sides.items():
        try:
            setattr(runs, f"{role}64", run("float64"))
        except SideFailedError as error:
            runs.notes.append(f"no float64 run, the bound is a weaker one: {error}")
    return runs


def reference_errors(pair: Pair, task: Task) -> dict[str, float]:
    """The float32 error in each output that this computation may be expected to make.

    One run's error is one draw of a random quantity, and where large terms all but cancel it may by
    luck, or by a lucky order of summation, be a tenth of what is usual, or nothing. So neighbours
    of the task are run, which differ by one unit in the last place of each cotangent and each
    weight, or of each floating input where there is no weight. An input of one number everywhere is
    moved in any case: differences within it are exactly 0 by luck. Each tells two things: the
    reference's float32 error there, and how far so small a change moves the true value, which is as
    much as any float32 computation may be off (its condition). The median over the neighbours
    counts, as one across a threshold is another computation; but where one of them errs by more
    than the value itself, the largest, as what cancels to zero is exactly zero more often than not.
    """
    seen: dict[str, list[float]] = {}
    here = run_side(pair, "reference", task, "float64").named()
    for neighbour in _neighbours(task):
        single = run_side(pair, "reference", neighbour).named()
        double = run_side(pair, "reference", neighbour, "float64").named()
        for name, array in single.items():
            if array.dtype.kind == "f":
                error = largest_gap(array, double[name]).size
                moved = largest_gap(double[name], here[name]).size
                seen.setdefault(name, []).append(max(error, moved))
    return {
        name: max(errors) if max(errors) > magnitude(here[name]) else median(errors)
        for name, errors in seen.items()
    }


def gradient_jumps(pair: Pair, task: Task, by: float, role: str = "reference") -> dict[str, float]:
    """How far each gradient may be off because float32 crosses a kink, such as relu's at 0.

    A value nearer to a kink than the float32 error of the steps before it comes out on either side
    by luck, and with it what it adds to a gradient. Biases, or the inputs where there is none, are
    moved `by` as much as was crossed, either way, and run in float64; the largest change counts, as
    each neighbour shows some kinks alone. It is asked only where both sides agree in float64, so
    that either `role` may tell.
    """
    here = run_side(pair, role, task, "float64").gradients
    biases = {name: array for name, array in task.weights.items() if array.ndim == 1}
    seen = dict.fromkeys((f"grad/{name}" for name in here), 0.0)
    for number in range(1, PERTURBED_RUNS + 1):
        moved = _perturbed(biases or task.inputs, number, by)
        weights = {**task.weights, **moved} if biases else task.weights
        inputs = task.inputs if biases else moved
        neighbour = replace(task, weights=weights, inputs=inputs)
        there = run_side(pair, role, neighbour, "float64").gradients
        for name, gradient in here.items():
            jump = largest_gap(there[name], gradient).size
            seen[f"grad/{name}"] = max(jump, seen[f"grad/{name}"])
    return seen


def _neighbours(task: Task) -> Iterator[Task]:
    lucky = {n: a for n, a in task.inputs.items() if not task.weights or is_uniform(a)}
    for number in range(1, PERTURBED_RUNS + 1):
        yield replace(
            task,
            perturbation=number,
            weights=_perturbed(task.weights, number),
            inputs={**task.inputs, **_perturbed(lucky, number)},
        )


def _perturbed(arrays: Arrays, seed: int, by: float = 0.0) -> Arrays:
    return {name: perturb(name, array, seed, by) for name, array in arrays.items()}
