"""Framework-independent description of whole models: layers, weights and returned tensors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from parity.arrays import Array, Arrays
from parity.declaring.model_inputs import AxisOrder, Output
from parity.declaring.model_sides import Layer
from parity.errors import StructureError
from parity.runners.outputs import items_of

Shape = tuple[int, ...]
TensorT = TypeVar("TensorT")


@dataclass(frozen=True)
class LayerWeight:
    """One weight as its side holds it; running statistics are not trainable."""

    name: str
    shape: Shape
    trainable: bool = True


@dataclass(frozen=True)
class WeightedLayer:
    """A layer that has weights of its own.

    `kind` is the name of its class, `settings` what else its layout depends on. `inputs` holds the
    shapes of all tensors of its first call, empty if it was never called; `output` is the shape of
    the first tensor it returned.
    """

    path: str
    kind: str
    weights: tuple[LayerWeight, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Shape, ...] = ()
    output: Shape | None = None

    @property
    def name(self) -> str:
        """Return its path, with a number if several layers share the path."""
        which = self.settings.get("which")
        return f"{self.path} ({which})" if which else self.path

    def weight(self, ending: str) -> LayerWeight | None:
        """Find the weight whose name ends in `ending`, at the start of a component."""
        wanted = "." + ending.replace("/", ".")
        for weight in self.weights:
            if f".{weight.name}".replace("/", ".").endswith(wanted):
                return weight
        return None


@dataclass(frozen=True)
class ModelDescription:
    """A model's layers in the order of their first calls, and the shapes of its outputs.

    `composites` are layers made of several, with the weights of all of them: the other side may
    have such a layer as a single one.
    """

    layers: tuple[WeightedLayer, ...]
    outputs: Mapping[str, Shape]
    composites: tuple[WeightedLayer, ...] = ()

    @property
    def weights(self) -> list[LayerWeight]:
        """Return all weights, layer by layer."""
        return [weight for layer in self.layers for weight in layer.weights]


class OpenModel(Protocol):
    """A model built by one framework in one dtype: `Model` in parity.runners.*.models."""

    @property
    def weights(self) -> Mapping[str, Any]:
        """Return the framework's own tensors, by name."""

    def describe(self, inputs: Arrays) -> ModelDescription:
        """Run the model on the inputs and describe its layers and outputs."""

    def run(self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer]) -> Arrays:
        """Return the outputs, and the input and output of each layer, under these weights."""

    def run_layer(self, layer: Layer, weights: Arrays, tensor: Array) -> Arrays:
        """Return the output of one layer alone, under these weights."""


class PassingModel(OpenModel, Protocol):
    """An open model of which layers may pass on given values."""

    def run_passing(
        self, weights: Arrays, inputs: Arrays, layers: Sequence[Layer], returned: Arrays
    ) -> Arrays:
        """Run as `run` does; each layer that can passes on what `returned` has for it."""


class OpenCandidate(PassingModel, Protocol):
    """An open model whose inputs and outputs may differ from the reference's."""

    orders: dict[str, AxisOrder]
    outputs: dict[str, Output]


@dataclass(frozen=True)
class LayerCall(Generic[TensorT]):
    """The first call of a layer: the tensors it was given and the first one it returned."""

    inputs: Sequence[TensorT]
    output: TensorT

    @classmethod
    def shapes(cls, call: "LayerCall[Any] | None") -> tuple[tuple[Shape, ...], Shape | None]:
        """Return the shapes of inputs and output; `()` and None for a layer never called."""
        if call is None:
            return (), None
        return tuple(tuple(tensor.shape) for tensor in call.inputs), tuple(call.output.shape)


def output_name(layers: Sequence[Layer]) -> str:
    """Return the name of the model's own output, one that no layer of the reference has."""
    return "output" if all(layer.reference != "output" for layer in layers) else "result"


def named_tensors(
    value: object, name: str, kinds: type[TensorT] | tuple[type[TensorT], ...]
) -> dict[str, TensorT]:
    """Name the tensors that a model returned, nested or not: "<name>/<key>/<position>".

    Containers are those of `parity.runners.outputs.items_of`. Anything else (None, a number) is
    left out. Raises StructureError if there is no tensor.
    """
    found: dict[str, TensorT] = {}

    def walk(value: object, at: str) -> None:
        if isinstance(value, kinds):
            found[at] = value
            return
        for key, inner in items_of(value) or ():
            walk(inner, f"{at}/{key}")

    walk(value, name)
    if not found:
        raise StructureError(f"the model returns no tensor, but {type(value).__name__}")
    return found


def first_tensor(value: object, kinds: type[TensorT] | tuple[type[TensorT], ...]) -> TensorT | None:
    """Return the first tensor of a layer's output; None if there is none."""
    try:
        return next(iter(named_tensors(value, "", kinds).values()))
    except StructureError:
        return None


def without_ones(shape: Shape) -> Shape:
    """Return the lengths of a shape's axes of more than one element."""
    return tuple(length for length in shape if length > 1)


def axes_to_reference(order: AxisOrder, rank: int) -> tuple[int, ...]:
    """Return the permutation from the candidate's order of axes to the reference's."""
    axes = tuple(range(rank))
    if order == "channels first" and rank > 2:
        return (0, *axes[2:], 1)
    if order == "time first" and rank > 1:
        return (1, 0, *axes[2:])
    return axes


def axes_to_candidate(order: AxisOrder, rank: int) -> tuple[int, ...]:
    """Return the permutation from the reference's order of axes to the candidate's."""
    back = axes_to_reference(order, rank)
    return tuple(back.index(axis) for axis in range(rank))
