"""Pairs for a model whose layers are methods, on either side: the usual way to declare a port.

Both models have a method a layer, of the same name, that takes the layer's inputs by name and gives
its outputs by name. The reference is made for a dtype and has `parameters()`, by canonical name;
the candidate is a torch Module.
"""

from collections.abc import Callable
from typing import Any

from parity.arrays import Arrays
from parity.declaring.port import Built, Configuration, Given, Pair, Side
from parity.declaring.renamed import renamed_arguments
from parity.declaring.weight import Options, Weight

_DEFAULT = (Configuration("default", {}),)


@renamed_arguments(stages="intermediates")
def pair(
    part: str,
    reference: Callable[[str], Any],
    candidate: Callable[[], Any],
    weights: tuple[Weight, ...],
    inputs: Callable[[Given], Arrays],
    intermediates: tuple[str, ...] = (),
) -> Pair:
    """The pair of one layer in its only configuration.

    Args:
        part: the layer's name, and the methods'.
        reference: makes the model in TensorFlow, in "float32" or "float64".
        candidate: makes the model in PyTorch.
        weights: those of the layer; other weights of the models are left as they are made.
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
    part: str, make: Callable[[str], Any], weights: tuple[Weight, ...]
) -> Callable[[Options, str], Built]:
    def build(options: Options, dtype: str) -> Built:
        made = make(dtype)
        held = made.parameters()
        parameters = {weight.name: held[weight.name] for weight in weights}
        return Built(lambda inputs: getattr(made, part)(**inputs), parameters)

    return build


def _candidate(
    part: str, make: Callable[[], Any], weights: tuple[Weight, ...]
) -> Callable[[Options, str], Built]:
    def build(options: Options, dtype: str) -> Built:
        made = make().eval()
        made = made.double() if dtype == "float64" else made.float()
        held = {**dict(made.named_parameters()), **dict(made.named_buffers())}
        parameters = {key: held[key] for weight in weights for key in weight.keys}
        return Built(lambda inputs: getattr(made, part)(**inputs), parameters)

    return build
