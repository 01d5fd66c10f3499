"""Whole models in other interpreters, for `parity init` and for files of weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.arrays import Array, Arrays
from parity.declaring.model_inputs import AxisOrder, Output
from parity.declaring.model_sides import CandidateModel, Layer, ReferenceModel
from parity.runners.binding import CallSignature
from parity.runners.remote.process import worker
from parity.runners.remote.runner import describe_model
from parity.runners.whole_models import ModelDescription, Shape


@dataclass(frozen=True)
class RemoteWeight:
    """A weight of a model that another interpreter holds."""

    shape: Shape


class RemoteModel:
    """A model that another interpreter has made and keeps, with the methods of `OpenModel`.

    Raises ParityError if it cannot be made or called, as the model itself does.
    """

    def __init__(self, role: str, model: ReferenceModel | CandidateModel, dtype: str) -> None:
        self._role, self._model = role, model
        message = {"op": "open_model", "model": describe_model(model), "dtype": dtype}
        opened = worker(role).request(message)
        self._number: int = opened["number"]
        self.signature: CallSignature = opened["signature"]
        self.weights: Mapping[str, RemoteWeight] = {
            name: RemoteWeight(shape) for name, shape in opened["weights"].items()
        }

    def _declared(self) -> ReferenceModel | CandidateModel:
        return self._model

    def _of_model(self, method: str, *arguments: object) -> Any:
        message = {
            "op": "of_model",
            "number": self._number,
            "model": describe_model(self._declared()),
            "method": method,
            "arguments": arguments,
        }
        return worker(self._role).request(message)

    def describe(self, inputs: Arrays) -> ModelDescription:
        """Run the model on the inputs and describe its layers and outputs."""
        described: ModelDescription = self._of_model("describe", inputs)
        return described

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """Return the outputs, and the input and output of each layer, under these weights."""
        found: Arrays = self._of_model("run", weights, inputs, tuple(layers))
        return found

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """Return the output of one layer alone, under these weights."""
        found: Arrays = self._of_model("run_layer", layer, weights, tensor)
        return found


class RemoteCandidate(RemoteModel):
    """A candidate, whose axes and outputs may be declared otherwise from call to call."""

    def __init__(self, model: CandidateModel, dtype: str) -> None:
        super().__init__("candidate", model, dtype)
        self._named = model.name, model.folder
        self.orders: dict[str, AxisOrder] = dict(model.orders)
        self.outputs: dict[str, Output] = dict(model.outputs)

    def run_passing(
        self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer], returned: Arrays
    ) -> Arrays:
        """Run as `run` does; each layer that can passes on what `returned` has for it."""
        arguments = (weights, inputs, tuple(layers), returned)
        found: Arrays = self._of_model("run_passing", *arguments)
        return found

    def _declared(self) -> CandidateModel:
        return CandidateModel(*self._named, self.orders, outputs=self.outputs)


class References:
    """Module `parity.runners.tensorflow.models`, as far as `parity init` needs it."""

    def Model(
        self, name: str, folder: Path, dtype: str, inputs: Arrays, trust: bool = False
    ) -> RemoteModel:
        """Make a reference."""
        model = ReferenceModel(name, folder, lambda: inputs, trust)
        return RemoteModel("reference", model, dtype)

    def _ask(self, question: str, name: str, folder: Path, trust: bool, **more: Any) -> Any:
        model = describe_model(ReferenceModel(name, folder, dict, trust))
        message = {"op": "question", "question": question, "model": model, **more}
        return worker("reference").request(message)

    def input_specs(
        self, name: str, folder: Path, trust: bool = False
    ) -> dict[str, tuple[tuple[int | None, ...], str]]:
        """Return the shape and dtype of each input that a model declares."""
        found: dict[str, tuple[tuple[int | None, ...], str]] = self._ask(
            "input_specs", name, folder, trust
        )
        return found

    def argument_names(self, name: str, folder: Path, count: int, trust: bool = False) -> list[str]:
        """Return names for `count` inputs."""
        found: list[str] = self._ask("argument_names", name, folder, trust, count=count)
        return found

    def call_signature(self, name: str, folder: Path, trust: bool = False) -> CallSignature:
        """Return the signature of a model's call, or the inputs that it declares."""
        found: CallSignature = self._ask("call_signature", name, folder, trust)
        return found


class Candidates:
    """Module `parity.runners.torch.models`, as far as `parity init` needs it."""

    def Model(
        self, name: str, folder: Path, dtype: str, inputs: Mapping[str, AxisOrder]
    ) -> RemoteCandidate:
        """Make a candidate."""
        return RemoteCandidate(CandidateModel(name, folder, dict(inputs)), dtype)
