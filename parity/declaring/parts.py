"""Pairs for models whose layers are methods, the usual way to declare a port by hand.

Both models have one method per layer, of the same name, that takes the layer's inputs and returns
its outputs by name. The reference is made in a given dtype, and its `parameters()` are by canonical
name; the candidate is a torch Module.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, Self

from parity.arrays import Arrays
from parity.declaring.port import Built, Configuration, Given, Pair, Side
from parity.declaring.renamed import renamed_arguments
from parity.declaring.weight import Options, Weight

_DEFAULT = (Configuration("default", {}),)


class Reference(Protocol):
    """Model with a method for each layer."""

    def parameters(self) -> Mapping[str, Any]:
        """Return all weights by canonical name."""


class Candidate(Protocol):
    """Model with a method for each layer; a torch.nn.Module."""

    def eval(self) -> Self:
        """Switch to evaluation mode."""

    def float(self) -> Self:
        """Convert to float32."""

    def double(self) -> Self:
        """Convert to float64."""

    def named_parameters(self) -> Iterable[tuple[str, Any]]:
        """Return the parameters by key."""

    def named_buffers(self) -> Iterable[tuple[str, Any]]:
        """Return the buffers by key."""


@renamed_arguments(stages="intermediates")
def pair(
    part: str,
    reference: Callable[[str], Reference],
    candidate: Callable[[], Candidate],
    weights: tuple[Weight, ...],
    inputs: Callable[[Given], Arrays],
    intermediates: tuple[str, ...] = (),
) -> Pair:
    """Declare one layer, in a single configuration.

    Args:
        part: the name of the layer, and of the method on both sides.
        reference: makes the model in TensorFlow, in "float32" or "float64".
        candidate: makes the model in PyTorch.
        weights: the weight map of the layer; other weights keep their initial values.
        inputs: as for `Pair`.
        intermediates: as for `Pair`.
    """
    return Pair(
        part,
        Side("tensorflow", _reference(part, reference, weights)),
        Side("torch", _candidate(part, candidate, weights)),
        _DEFAULT,
        inputs,
        weights=lambda options: weights,
        intermediates=intermediates,
    )


def _reference(
    part: str, make: Callable[[str], Reference], weights: tuple[Weight, ...]
) -> Callable[[Options, str], Built]:
    def build(options: Options, dtype: str) -> Built:
        made = make(dtype)
        known = made.parameters()
        parameters = {weight.name: known[weight.name] for weight in weights}
        return Built(lambda inputs: getattr(made, part)(**inputs), parameters)

    return build


def _candidate(
    part: str, make: Callable[[], Candidate], weights: tuple[Weight, ...]
) -> Callable[[Options, str], Built]:
    def build(options: Options, dtype: str) -> Built:
        made = make().eval()
        made = made.double() if dtype == "float64" else made.float()
        known = {**dict(made.named_parameters()), **dict(made.named_buffers())}
        parameters = {key: known[key] for weight in weights for key in weight.keys}
        return Built(lambda inputs: getattr(made, part)(**inputs), parameters)

    return build
