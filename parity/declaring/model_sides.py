"""Sides of a pair that are whole models, or a layer of them, by the names of both models."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from parity.arrays import Arrays
from parity.declaring.frameworks import models_module, runner
from parity.declaring.interpreters import interpreter_of, remote_framework
from parity.declaring.model_inputs import AxisOrder, Output
from parity.declaring.port import REFERENCE_OUTPUTS, Built, Side
from parity.declaring.shared_models import State, shared_models, tracks_constants
from parity.declaring.weight import Options


@dataclass(frozen=True)
class Layer:
    """A layer that can be compared inside both models, and called alone: its path in each.

    `order` is the order of the candidate layer's axes, where it differs from the reference's. With
    `last`, the candidate returns all time steps where the reference returns the last one alone.
    """

    reference: str
    candidate: str
    order: AxisOrder = "same"
    last: bool = False


class WholeModel(Protocol):
    """A model of one framework, made in one dtype."""

    @property
    def weights(self) -> Mapping[str, Any]:
        """Return the weights by name."""

    def call(self, inputs: Mapping[str, Any], layers: Sequence[Layer]) -> dict[str, Any]:
        """Return the input and output of each layer, and the model's outputs, by name."""

    def alone(self, layer: Layer) -> Callable[[Any], dict[str, Any]]:
        """Return what calls one layer alone, on a tensor, and returns its output by name."""

    def state(self, layer: Layer | None) -> State:
        """Return what a layer, or the whole model, holds besides the model's weights."""

    def is_plain(self, layer: Layer) -> bool:
        """Return whether a layer is of the framework's own kinds and holds nothing but weights."""


class WholeCandidate(WholeModel, Protocol):
    """A candidate, whose layers may be made to return the reference's outputs."""

    def call(
        self,
        inputs: Mapping[str, Any],
        layers: Sequence[Layer],
        returned: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return what `WholeModel.call` does, with layers that return given outputs, by name."""


class ReferenceModels(Protocol):
    """Module that makes models of TensorFlow: parity.runners.tensorflow.models."""

    def Model(
        self, name: str, beside: Path, dtype: str, inputs: Arrays, trust: bool = False
    ) -> WholeModel:
        """Make the model and build it on example inputs."""


class CandidateModels(Protocol):
    """Module that makes models of PyTorch: parity.runners.torch.models."""

    def Model(
        self,
        name: str,
        beside: Path,
        dtype: str,
        inputs: Mapping[str, AxisOrder],
        zero: Sequence[str],
        split: Mapping[str, int],
        outputs: Mapping[str, Output],
    ) -> WholeCandidate:
        """Make the model; weights in `zero` are set to 0, those in `split` cut into parts."""


@dataclass(frozen=True)
class ReferenceModel:
    """A reference by name; `examples` returns inputs to build it on, `trust` is as for `port`."""

    name: str
    folder: Path
    examples: Callable[[], Arrays]
    trust: bool = False

    def open(self, dtype: str) -> WholeModel:
        """Make the model."""
        module = cast(ReferenceModels, models_module("tensorflow"))
        return module.Model(self.name, self.folder, dtype, self.examples(), self.trust)


@dataclass(frozen=True)
class CandidateModel:
    """A candidate by name, the orders of its inputs' axes, and the rest of its declaration."""

    name: str
    folder: Path
    orders: Mapping[str, AxisOrder]
    zero: Sequence[str] = ()
    split: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)

    def open(self, dtype: str) -> WholeCandidate:
        """Make the model."""
        module = cast(CandidateModels, models_module("torch"))
        return module.Model(
            self.name, self.folder, dtype, self.orders, self.zero, self.split, self.outputs
        )


@dataclass(frozen=True)
class ModelSide:
    """Factory of one side: a whole model with layers to compare inside, or a layer of it alone.

    `within` is the beginning of the names of its weights; those in `kept` are left out.
    """

    model: ReferenceModel | CandidateModel
    layers: tuple[Layer, ...] = ()
    alone: Layer | None = None
    within: str = ""
    kept: tuple[str, ...] = ()

    def __call__(self, options: Options, dtype: str) -> Built:
        """Make the model in a dtype, or take one that is shared here."""
        return self.of(self._made(dtype), options)

    def _made(self, dtype: str) -> WholeModel:
        alone = self.alone
        models = shared_models(whole=alone is None)
        if models is None:
            return self.model.open(dtype)
        key = type(self.model), self.model.name, str(self.model.folder), dtype

        def state(model: WholeModel) -> State:
            return model.state(alone)

        if not tracks_constants():
            return models.get(key, alone, lambda: self.model.open(dtype), state)
        # A layer of the framework's own that holds its weights alone is built of no constants.
        found: WholeModel | None = models.found(key, alone, state)
        if found is not None and alone is not None and found.is_plain(alone):
            return found
        return self.model.open(dtype)

    def of(self, made: WholeModel, options: Options) -> Built:
        """Return the side of a model that is made."""
        weights = self._weights(made)
        alone, returned = self.alone, options.get(REFERENCE_OUTPUTS)
        if alone is not None:
            call = made.alone(alone)
            return Built(lambda inputs: call(inputs["input"]), weights)
        if returned is None:
            return Built(lambda inputs: made.call(inputs, self.layers), weights)
        candidate = cast(WholeCandidate, made)
        return Built(lambda inputs: candidate.call(inputs, self.layers, returned), weights)

    def _weights(self, made: WholeModel) -> dict[str, Any]:
        """Return all weights of the side; assigning refuses any that the map leaves out."""
        return {
            name: value
            for name, value in made.weights.items()
            if name.startswith(self.within) and name not in self.kept
        }

    def side(self) -> Side:
        """Return the side, which another interpreter runs if one is named for its role."""
        is_reference = isinstance(self.model, ReferenceModel)
        role, framework = ("reference", "tensorflow") if is_reference else ("candidate", "torch")
        if interpreter_of(role) is None:
            return Side(framework, self)
        remote = remote_framework(role)
        return Side(remote, partial(_build_elsewhere, remote, self))


class _RemoteRunner(Protocol):
    """Runner of sides in another interpreter: parity.runners.remote.runner."""

    def build(self, side: ModelSide, options: Options, dtype: str) -> Built:
        """Return a side whose call stands for a run in the other interpreter."""


def _build_elsewhere(framework: str, side: ModelSide, options: Options, dtype: str) -> Built:
    return cast(_RemoteRunner, runner(framework)).build(side, options, dtype)
