"""Runs one side of a training step by step, whatever its framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.frameworks import runner
from parity.declaring.inputs import perturb
from parity.declaring.trace import Task
from parity.declaring.training import Training, TrainingSide
from parity.errors import ParityError, SideFailedError, StructureError, describe
from parity.runners.common import assign, homeward, layout


@dataclass(frozen=True)
class Moment:
    """What one step did: the loss before it, its gradients, and the weights after it.

    All by canonical name in the reference's layout and in the run's dtype. `still` names what has
    no gradient at all on this side.
    """

    loss: Array
    gradients: Arrays
    weights: Arrays
    still: frozenset[str] = frozenset()

    def named(self) -> Arrays:
        """Everything in the order in which a step makes it."""
        return {
            "loss": self.loss,
            **{f"gradient/{name}": array for name, array in self.gradients.items()},
            **{f"weight/{name}": array for name, array in self.weights.items()},
        }


class Run:
    """One side, "reference" or "candidate", in one dtype.

    Raises ParityError wherever the side cannot go on; SideFailedError if its own code raises.
    """

    def __init__(self, training: Training, role: str, dtype: str, weights: Arrays) -> None:
        self._role, self._dtype = role, dtype
        self._side: TrainingSide = getattr(training, role)
        self._tools = runner(self._side.framework)
        self._task = Task(
            training.options, {}, weights, training.weights(training.options), (), seed=0
        )
        self._taken = 0
        self._build()
        self._assign(weights)

    def _build(self) -> None:
        self._learner = self._guarded(lambda: self._side.build(self._task.options, self._dtype))

    def _assign(self, weights: Arrays) -> None:
        task = Task(self._task.options, {}, weights, self._task.weight_map, (), seed=0)
        assign(self._learner.parameters, layout(self._role, task), self._tools.put)

    def perturb(self, seed: int) -> None:
        """Move every parameter to a number next to it, up or down by the seed."""
        for key, parameter in self._learner.parameters.items():
            self._tools.put(parameter, perturb(key, self._tools.numbers(parameter), seed))

    def restart(self, weights: Arrays) -> None:
        """Begin again from `weights`."""
        self._taken = 0
        if self._learner.reset is None:
            self._build()
        else:
            self._guarded(self._learner.reset)
        self._assign(weights)

    def step(self, batch: Arrays) -> Moment:
        """Make one step."""
        self._taken += 1
        loss, gradients = self._guarded(partial(self._learner.step, self._tensors(batch)))
        strangers = [name for name in gradients if name not in self._learner.parameters]
        if strangers:
            raise StructureError(
                f"the {self._role} gives gradients of '{strangers[0]}', which is no parameter of it"
            )
        return Moment(
            self._scalar(loss),
            self._home({key: self._gradient(key, gradients) for key in self._learner.parameters}),
            self._home({k: self._tools.numbers(v) for k, v in self._learner.parameters.items()}),
            self._still(gradients),
        )

    def evaluate(self, records: Arrays) -> float | None:
        """The loss of records in evaluation; None if the side does not say."""
        if self._learner.evaluate is None:
            return None
        return float(
            self._scalar(self._guarded(partial(self._learner.evaluate, self._tensors(records))))
        )

    def _tensors(self, arrays: Arrays) -> dict[str, Any]:
        return {name: self._tools.tensor(array, self._dtype) for name, array in arrays.items()}

    def _scalar(self, loss: Any) -> Array:
        found = self._tools.numbers(loss)
        if found.size != 1 or found.dtype != self._dtype:
            raise StructureError(
                f"the {self._role}'s loss is {found.dtype} {found.shape}, expected a scalar of "
                f"{self._dtype}"
            )
        return found.reshape(())

    def _gradient(self, key: str, gradients: Mapping[str, Any]) -> Array:
        if gradients.get(key) is None:
            return np.zeros(tuple(self._learner.parameters[key].shape), self._dtype)
        return self._tools.numbers(gradients[key])

    def _home(self, arrays: Arrays) -> Arrays:
        keyed = {f"weight/{key}": array for key, array in arrays.items()}
        home = homeward(self._role, self._task, keyed)
        return {w.name: home[f"weight/{w.name}"] for w in self._task.weight_map}

    def _still(self, gradients: Mapping[str, Any]) -> frozenset[str]:
        def keys(weight: Any) -> tuple[str, ...]:
            return (weight.name,) if self._role == "reference" else weight.keys

        return frozenset(
            weight.name
            for weight in self._task.weight_map
            if all(gradients.get(key) is None for key in keys(weight))
        )

    def _guarded(self, do: Any) -> Any:
        try:
            return do()
        except ParityError:
            raise
        except (Exception, SystemExit) as error:
            # As for a layer: whatever a side raises is a finding about that side.
            at = f"at step {self._taken}" if self._taken else "at its start"
            raise SideFailedError(
                f"the {self._role} failed in {self._dtype} {at}: {describe(error)}"
            ) from error
