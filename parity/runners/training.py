"""Run of one side of a training, step by step, whatever its framework."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.frameworks import runner
from parity.declaring.inputs import perturb
from parity.declaring.trace import Task
from parity.declaring.training import Training, TrainingSide
from parity.errors import ParityError, SideFailedError, StructureError, describe
from parity.runners.transfer import assign, in_reference_layout, weights_for

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class StepResult:
    """Result of one step: the loss before it, its gradients, and the weights after it.

    All by canonical name, in the reference's layout and the run's dtype. `without_gradient` names
    the weights that have no gradient at all on this side; theirs are zeros.
    """

    loss: Array
    gradients: Arrays
    weights: Arrays
    without_gradient: frozenset[str] = frozenset()

    def named(self) -> Arrays:
        """Return loss, gradients and weights, in the order in which a step computes them."""
        return {
            "loss": self.loss,
            **{f"gradient/{name}": array for name, array in self.gradients.items()},
            **{f"weight/{name}": array for name, array in self.weights.items()},
        }


class TrainingRun:
    """One side, "reference" or "candidate", trained in one dtype.

    Every method raises ParityError if the side cannot continue; SideFailedError if its own code
    raises.
    """

    def __init__(self, training: Training, role: str, dtype: str, weights: Arrays) -> None:
        self._role, self._dtype = role, dtype
        self._side: TrainingSide = getattr(training, role)
        self._runner = runner(self._side.framework)
        self._task = Task(
            training.options, {}, weights, training.weights(training.options), (), seed=0
        )
        self._steps = 0
        self._build()
        self.put(weights)

    def _build(self) -> None:
        self._learner = self._guarded(lambda: self._side.build(self._task.options, self._dtype))

    def put(self, weights: Arrays) -> None:
        """Set every parameter; the optimizer's state and the number of steps stay as they are."""
        laid_out = weights_for(self._role, replace(self._task, weights=weights))
        assign(self._learner.parameters, laid_out, self._runner.put)

    def perturb(self, seed: int) -> None:
        """Move every parameter by one ulp, up or down depending on the seed."""
        for key, parameter in self._learner.parameters.items():
            self._runner.put(parameter, perturb(key, self._runner.numbers(parameter), seed))

    def restart(self, weights: Arrays) -> None:
        """Start over from `weights`."""
        self._steps = 0
        if self._learner.reset is None:
            self._build()
        else:
            self._guarded(self._learner.reset)
        self.put(weights)

    def step(self, batch: Arrays) -> StepResult:
        """Take one training step."""
        self._steps += 1
        loss, gradients = self._guarded(partial(self._learner.step, self._tensors(batch)))
        unknown = [name for name in gradients if name not in self._learner.parameters]
        if unknown:
            raise StructureError(
                f"the {self._role} returns a gradient of '{unknown[0]}', which is not among its "
                "parameters"
            )
        return StepResult(
            self._scalar(loss),
            self._canonical({k: self._gradient(k, gradients) for k in self._learner.parameters}),
            self._canonical(
                {k: self._runner.numbers(v) for k, v in self._learner.parameters.items()}
            ),
            self._without_gradient(gradients),
        )

    def evaluate(self, records: Arrays) -> float | None:
        """Return the loss of records in evaluation; None if the side does not offer it."""
        if self._learner.evaluate is None:
            return None
        loss = self._guarded(partial(self._learner.evaluate, self._tensors(records)))
        return float(self._scalar(loss))

    def _tensors(self, arrays: Arrays) -> dict[str, Any]:
        return {name: self._runner.tensor(array, self._dtype) for name, array in arrays.items()}

    def _scalar(self, loss: Any) -> Array:
        found = self._runner.numbers(loss)
        if found.size != 1 or found.dtype != self._dtype:
            raise StructureError(
                f"the {self._role}'s loss is {found.dtype} {found.shape}, expected a scalar of "
                f"{self._dtype}"
            )
        return found.reshape(())

    def _gradient(self, key: str, gradients: Mapping[str, Any]) -> Array:
        if gradients.get(key) is None:
            return np.zeros(tuple(self._learner.parameters[key].shape), self._dtype)
        return self._runner.numbers(gradients[key])

    def _canonical(self, arrays: Arrays) -> Arrays:
        by_key = {f"weight/{key}": array for key, array in arrays.items()}
        found = in_reference_layout(self._role, self._task, by_key)
        return {w.name: found[f"weight/{w.name}"] for w in self._task.weight_map}

    def _without_gradient(self, gradients: Mapping[str, Any]) -> frozenset[str]:
        found = set()
        for weight in self._task.weight_map:
            keys = (weight.name,) if self._role == "reference" else weight.keys
            if all(gradients.get(key) is None for key in keys):
                found.add(weight.name)
        return frozenset(found)

    def _guarded(self, do: Callable[[], ResultT]) -> ResultT:
        try:
            return do()
        except ParityError:
            raise
        except (Exception, SystemExit) as error:
            # As for a layer, any exception of a side is a finding about that side.
            at = f"at step {self._steps}" if self._steps else "at its start"
            raise SideFailedError(
                f"the {self._role} failed in {self._dtype} {at}: {describe(error)}"
            ) from error
