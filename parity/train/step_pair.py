"""Steps of a training, or the loss in evaluation, as a pair that is run like a layer.

An output that each weight has, such as its gradient, is named `GROUP/NAME` by the weight's
canonical name, and in the reference's layout.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.frameworks import runner
from parity.declaring.port import Built, Configuration, Pair, Side
from parity.declaring.trace import Task
from parity.declaring.training import Course, Learner, Training, TrainingSide
from parity.declaring.weight import Options
from parity.errors import ParityError
from parity.runners.transfer import in_reference_layout

# Computes named tensors, or arrays, with a learner.
Compute = Callable[[Learner, dict[str, Any], Callable[[Any], Array]], Mapping[str, Any]]


def step_pair(training: Training, gradients: bool = True) -> Pair:
    """Return the pair whose outputs are the loss of one step and, if asked, the gradients.

    What the step does to the weights is not among them: they are set before every run.
    """

    def step(learner: Learner, batch: dict[str, Any], _: object) -> Mapping[str, Any]:
        loss, found = learner.step(batch)
        named = {f"gradient/{key}": g for key, g in found.items() if g is not None}
        return {"loss": loss, **(named if gradients else {})}

    return _pair(training, step)


def updates_pair(training: Training, steps: int) -> Pair:
    """Return the pair whose outputs are the weights after each of some steps.

    Its inputs are those of `batches`.
    """

    def train(
        learner: Learner, batches: dict[str, Any], numbers: Callable[[Any], Array]
    ) -> Mapping[str, Any]:
        after = {}
        for step in range(1, steps + 1):
            prefix = f"{step}/"
            own = {k.removeprefix(prefix): b for k, b in batches.items() if k.startswith(prefix)}
            learner.step(own)
            for key, weight in learner.parameters.items():
                after[f"after step {step}/{key}"] = numbers(weight)
        return after

    return _pair(training, train)


def batches(training: Training, course: Course, steps: int) -> Arrays:
    """Return the batches of the first steps, by step and name."""
    return {
        f"{step}/{name}": array
        for step in range(1, steps + 1)
        for name, array in course.batch(step, training).items()
    }


def evaluation_pair(training: Training) -> Pair:
    """Return the pair whose output is the loss in evaluation.

    Running it raises ParityError for a side that offers none.
    """

    def evaluate(learner: Learner, records: dict[str, Any], _: object) -> Mapping[str, Any]:
        if learner.evaluate is None:
            raise ParityError("it has no loss in evaluation")
        return {"loss": learner.evaluate(records)}

    return _pair(training, evaluate)


def _pair(training: Training, compute: Compute) -> Pair:
    return Pair(
        f"training {training.name}",
        _side(training.reference, "reference", compute),
        _side(training.candidate, "candidate", compute),
        (Configuration(training.name, training.options),),
        lambda given: {},
        training.weights,
        differentiate=(),
    )


def _side(side: TrainingSide, role: str, compute: Compute) -> Side:
    framework = runner(side.framework)

    def build(options: Options, dtype: str) -> Built:
        built = side.build(options, dtype)
        learners = [built]

        def call(batch: dict[str, Any]) -> Mapping[str, Any]:
            # The first call finds the learner as it was built; what it keeps is not for the next.
            learner = learners.pop() if learners else _as_built(side, built, options, dtype)
            with framework.enable_gradients():
                found = compute(learner, batch, framework.numbers)
            return {
                name: framework.tensor(value, dtype) if isinstance(value, np.ndarray) else value
                for name, value in found.items()
            }

        return Built(call, built.parameters)

    def laid_out(outputs: Arrays, task: Task) -> Arrays:
        return _in_reference_layout(role, task, outputs)

    return Side(side.framework, build, after=laid_out)


def _as_built(side: TrainingSide, built: Learner, options: Options, dtype: str) -> Learner:
    """Return a learner as it was built, with the weights that `built` holds."""
    held = {key: runner(side.framework).numbers(w) for key, w in built.parameters.items()}
    if built.reset is not None:
        built.reset()
    learner = side.build(options, dtype) if built.reset is None else built
    for key, weight in learner.parameters.items():
        runner(side.framework).put(weight, held[key])
    return learner


def _in_reference_layout(role: str, task: Task, outputs: Arrays) -> Arrays:
    """Return outputs with those of weights by canonical name; none of weights that lack one."""
    found = {name: array for name, array in outputs.items() if "/" not in name}
    for group in dict.fromkeys(name.partition("/")[0] for name in outputs if "/" in name):
        for weight in task.weight_map:
            keys = (weight.name,) if role == "reference" else weight.keys
            if all(f"{group}/{key}" in outputs for key in keys):
                own = {f"weight/{key}": np.asarray(outputs[f"{group}/{key}"]) for key in keys}
                alone = Task(task.options, {}, {}, (weight,), (), task.seed)
                laid_out = in_reference_layout(role, alone, own)
                found[f"{group}/{weight.name}"] = laid_out[f"weight/{weight.name}"]
    return found
