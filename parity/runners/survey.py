"""What is known of a model without its framework: its layers in the order they are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from parity.arrays import Arrays

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Held:
    """One weight as its side holds it; running statistics are not trainable."""

    name: str
    shape: Shape
    trainable: bool = True


@dataclass(frozen=True)
class Part:
    """A layer that has weights of its own.

    `kind` is its class' name, `facts` what else its layout depends on. `inputs` holds the shapes
    of all tensors of its first call, empty if it was never called; `output` that of the first
    tensor that it gave.
    """

    path: str
    kind: str
    weights: tuple[Held, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[Shape, ...] = ()
    output: Shape | None = None

    @property
    def name(self) -> str:
        """How people call it: its path, and which it is of several of one path."""
        which = self.facts.get("which")
        return f"{self.path} ({which})" if which else self.path

    def weight(self, end: str) -> Held | None:
        """The weight whose name is, or ends after a / or a dot in, `end`."""
        wanted = "." + end.replace("/", ".")
        for held in self.weights:
            if f".{held.name}".replace("/", ".").endswith(wanted):
                return held
        return None


@dataclass(frozen=True)
class Survey:
    """A model's parts in the order of their first calls, and the shapes of what it gives.

    `frames` are layers made of several parts, with the weights of all: the other side may have such
    a one as a single layer.
    """

    framework: str
    parts: tuple[Part, ...]
    outputs: Mapping[str, Shape]
    frames: tuple[Part, ...] = ()

    @property
    def weights(self) -> list[Held]:
        """All weights, part by part."""
        return [held for part in self.parts for held in part.weights]


class Opened(Protocol):
    """A model that one framework has made, in one dtype: parity.runners.*_models make it."""

    def survey(self, inputs: Arrays) -> Survey:
        """Run the model on the inputs and say what it consists of."""

    def run(self, weights: Arrays, inputs: Arrays, layers: Any) -> Arrays:
        """The outputs, and the input and output of each layer, under these weights."""

    def run_layer(self, layer: Any, weights: Arrays, tensor: Any) -> Arrays:
        """The output of a layer alone, under these weights."""
