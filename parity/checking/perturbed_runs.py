"""Samples of a side's rounding error and gradient jumps, from ulp-perturbed runs of a task."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.inputs import generator, is_uniform, perturb
from parity.declaring.port import Pair
from parity.declaring.shared_models import sharing_wholes
from parity.declaring.trace import Task, Trace
from parity.judging.elementwise import largest_gap, magnitude
from parity.runners.side import run_side

PERTURBED_RUNS = 8


def sample_errors(pair: Pair, task: Task) -> dict[str, float]:
    """Return the expected float32 error of each output of the reference.

    One run's error is one draw of a random quantity. Where large terms almost cancel, it may by
    chance, or by a fortunate order of summation, be a tenth of the usual error, or zero. So the
    task is run again with each cotangent and each weight moved by one ulp, or each floating input
    where there are no weights. An input of one number everywhere is always moved: differences
    within it are exactly 0 by chance.

    Each run gives two figures: the reference's float32 error, and how far so small a change moves
    the true value, which is as much as any float32 computation may be off (its condition). The
    median over the runs counts, as a run across a threshold is a different computation; but if one
    of them is off by more than the value itself, the largest, as a sum that cancels to zero is
    exactly zero more often than not.
    """
    seen: dict[str, list[float]] = {}
    with sharing_wholes():
        here = run_side(pair, "reference", task, "float64").named()
        for perturbed in _perturbed_tasks(task):
            single = run_side(pair, "reference", perturbed).named()
            double = run_side(pair, "reference", perturbed, "float64").named()
            for name, array in single.items():
                if array.dtype.kind == "f":
                    error = largest_gap(array, double[name]).size
                    moved = largest_gap(double[name], here[name]).size
                    seen.setdefault(name, []).append(max(error, moved))
    return {
        name: max(errors) if max(errors) > magnitude(here[name]) else median(errors)
        for name, errors in seen.items()
    }


def sample_gradient_jumps(
    pair: Pair, task: Task, by: float, role: str = "reference"
) -> dict[str, float]:
    """Return how far each gradient may be off because float32 crosses a kink, such as relu's at 0.

    A value closer to a kink than its own float32 error may end up on either side, and its
    contribution to a gradient with it. Biases, or inputs where there are none, are moved up or down
    by `by`, the distance crossed, and run in float64; the largest change counts, as each run
    crosses only some kinks. As this matters only where both sides agree in float64, either `role`
    will do.
    """
    with sharing_wholes():
        return _largest_jumps(pair, task, by, role)


def _largest_jumps(pair: Pair, task: Task, by: float, role: str) -> dict[str, float]:
    here = run_side(pair, role, task, "float64").gradients
    biases = {name: array for name, array in task.weights.items() if array.ndim == 1}
    seen = dict.fromkeys((f"grad/{name}" for name in here), 0.0)
    for seed in range(1, PERTURBED_RUNS + 1):
        moved = _perturbed(biases or task.inputs, seed, by)
        weights = {**task.weights, **moved} if biases else task.weights
        inputs = task.inputs if biases else moved
        perturbed = replace(task, weights=weights, inputs=inputs)
        there = run_side(pair, role, perturbed, "float64").gradients
        for name, gradient in here.items():
            jump = largest_gap(there[name], gradient).size
            seen[f"grad/{name}"] = max(jump, seen[f"grad/{name}"])
    return seen


def sample_moves(run: Callable[[Task], Trace | None], task: Task) -> dict[str, float]:
    """Return how far each floating output of float32 runs moves on ulp-perturbed tasks.

    That is the rounding of a side without float64, together with its condition. Empty if it cannot
    be run again.
    """
    with sharing_wholes():
        return _largest_moves(run, task)


def _largest_moves(run: Callable[[Task], Trace | None], task: Task) -> dict[str, float]:
    here = run(task)
    moved: dict[str, float] = {}
    for perturbed in _perturbed_tasks(task):
        there = run(perturbed)
        if here is None or there is None:
            return {}
        others = there.named()
        for name, array in here.named().items():
            if array.dtype.kind == "f":
                gap = largest_gap(array, others[name]).size
                moved[name] = max(moved.get(name, 0.0), gap)
    return moved


def nearby_task(task: Task) -> Task:
    """Return the task with weights and floating inputs a little closer to 0; masks stay.

    By up to a thousandth, so that a number computed from them changes, however it is rounded, and
    no element leaves its range.
    """
    moved = {n: a for n, a in task.inputs.items() if a.dtype.kind == "f" and not _is_mask(a)}
    return replace(task, weights=_shrunk(task.weights), inputs={**task.inputs, **_shrunk(moved)})


def _shrunk(arrays: Arrays) -> Arrays:
    return {
        name: np.asarray(
            array * generator(f"nearby/{name}", 1).uniform(1 - 2**-10, 1, array.shape), array.dtype
        )
        for name, array in arrays.items()
    }


def _is_mask(array: Array) -> bool:
    return bool(np.isin(array, (0, 1)).all())


def _perturbed_tasks(task: Task) -> Iterator[Task]:
    moved = {n: a for n, a in task.inputs.items() if not task.weights or is_uniform(a)}
    # An ulp of a mask may be a large number times an ulp.
    values = {n: a for n, a in moved.items() if a.dtype.kind == "f" and not _is_mask(a)}
    moved = values or moved
    for seed in range(1, PERTURBED_RUNS + 1):
        yield replace(
            task,
            perturbation=seed,
            weights=_perturbed(task.weights, seed),
            inputs={**task.inputs, **_perturbed(moved, seed)},
        )


def _perturbed(arrays: Arrays, seed: int, by: float = 0.0) -> Arrays:
    return {name: perturb(name, array, seed, by) for name, array in arrays.items()}
