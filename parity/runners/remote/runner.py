"""Runner of one side in another interpreter, as the engine sees it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from parity.arrays import Array, Arrays
from parity.declaring.constants import ConstantChanges
from parity.declaring.model_sides import CandidateModel, ModelSide, ReferenceModel
from parity.declaring.port import REFERENCE_OUTPUTS, Built, Side
from parity.declaring.trace import Task, Trace
from parity.declaring.weight import Options
from parity.errors import ParityError
from parity.runners.remote.messages import Message
from parity.runners.remote.process import worker
from parity.runners.transfer import cast, cotangents, in_reference_layout, weights_for


def describe_model(model: ReferenceModel | CandidateModel) -> Message:
    """Return what a worker needs to make a model."""
    named = {"name": model.name, "folder": str(model.folder.absolute())}
    if isinstance(model, ReferenceModel):
        return {**named, "examples": model.examples(), "trust": model.trust}
    rest = {name: getattr(model, name) for name in ("orders", "zero", "split", "outputs")}
    return {**named, **rest}


@dataclass(frozen=True)
class RemoteCall:
    """Call of a side in another interpreter; only the runner below can make it."""

    side: ModelSide
    options: Options

    def __call__(self, inputs: dict[str, Any]) -> Mapping[str, Any]:
        """Raise ParityError: nothing can be put between the side and its interpreter."""
        raise ParityError("a side in another Python cannot be changed from within")


@dataclass(frozen=True)
class RemoteWeights(Mapping[str, Array]):
    """Weights of a side as it is built in float32, read when they are needed."""

    role: str
    side: ModelSide
    names: tuple[str, ...] = ()

    @cached_property
    def _arrays(self) -> Arrays:
        message = {"op": "weights", "model": describe_model(self.side.model), "names": self.names}
        found: Arrays = worker(self.role).request(message)
        within, kept = self.side.within, self.side.kept
        return {n: a for n, a in found.items() if n.startswith(within) and n not in kept}

    def __getitem__(self, name: str) -> Array:
        """Return the values of a weight."""
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._arrays)

    def __len__(self) -> int:
        """Return the number of weights."""
        return len(self._arrays)


@dataclass(frozen=True)
class RemoteRunner:
    """Runner of the side of a role, with the interface `parity.declaring.frameworks.Runner`."""

    role: str

    def version(self) -> str:
        """Return the versions of the side's frameworks there, of numpy and of Python."""
        process = worker(self.role)
        found: dict[str, str] = process.request({"op": "versions"})
        found |= {"numpy": process.started["numpy"], "Python": process.started["python"]}
        return ", ".join(f"{name} {version}" for name, version in found.items())

    def put(self, parameter: Array, array: Array) -> None:
        """Set the values of an array."""
        parameter[...] = array

    def tensor(self, array: Array, dtype: str) -> Array:
        """Return a copy, in `dtype` if it is floating."""
        return cast(array, dtype).copy()

    def numbers(self, value: Array) -> Array:
        """Return a copy."""
        return value.copy()

    def enable_gradients(self) -> AbstractContextManager[None]:
        """Do nothing: the other interpreter takes gradients where it is asked for them."""
        return nullcontext()

    def build(self, side: ModelSide, options: Options, dtype: str) -> Built:
        """Return a side whose call stands for a run in the other interpreter."""
        return Built(RemoteCall(side, options), RemoteWeights(self.role, side))

    def built_weights(self, model: ReferenceModel, names: Sequence[str]) -> Arrays:
        """Return weights as a model builds them in float32."""
        message = {"op": "weights", "model": describe_model(model), "names": list(names)}
        found: Arrays = worker(self.role).request(message)
        return found

    def read_weights(self, model: ReferenceModel, path: Path) -> Arrays:
        """Read a file of a reference's weights; by canonical name, float32."""
        asked = {"op": "question", "question": "read_weights", "path": str(path.absolute())}
        found: Arrays = worker(self.role).request({**asked, "model": describe_model(model)})
        return found

    def run(
        self,
        side: Side,
        role: str,
        task: Task,
        dtype: str,
        constants: ConstantChanges | None = None,
    ) -> Trace:
        """Run the side in the other interpreter, built there and given the task's weights.

        Raises ParityError if the side was changed in a way that cannot be sent, or is to be run in
        training mode.
        """
        call = side.build(task.options, dtype).call
        if not isinstance(call, RemoteCall):
            raise ParityError("a side in another Python cannot be changed from within")
        if task.training is not None:
            raise ParityError(f"the {role} runs in another Python, where no training mode is tried")
        returned = call.options.get(REFERENCE_OUTPUTS)
        message = {
            "op": "run",
            "model": describe_model(call.side.model),
            "side": _all_but_model(call.side),
            "options": {} if returned is None else {REFERENCE_OUTPUTS: dict(returned)},
            "inputs": task.inputs,
            "weights": weights_for(role, task),
            "differentiate": task.differentiate,
            "constant": task.constant,
            "dtype": dtype,
            "changes": constants,
        }
        reply = worker(self.role).request(
            message, lambda question: cotangents(task, question["cotangents"])
        )
        if constants is not None:
            constants.take_over(reply["changes"])
        trace: Trace = reply["trace"]
        if not trace.gradients:
            return trace
        return replace(trace, gradients=in_reference_layout(role, task, trace.gradients))


def _all_but_model(side: ModelSide) -> dict[str, Any]:
    return {f.name: getattr(side, f.name) for f in fields(side) if f.name != "model"}


def remote_runner(role: str) -> RemoteRunner:
    """Return the runner of the side of a role."""
    return RemoteRunner(role)
