"""Layouts of layers of the reference that are two layers in the candidate.

A separable convolution is a depthwise and a pointwise one. A hand-written recurrent cell often has
two Linear layers, one of the inputs and one of the state, with the gates in any order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, permutations
from math import prod

from parity.init.layouts import Layout, LayoutCall
from parity.runners.whole_models import WeightedLayer

_SEPARABLE = ("SeparableConv1D", "SeparableConv2D")
# Layers of Keras that two Linear layers may implement, and how many gates they have.
_CELLS = {
    f"{kind}{cell}": gates
    for kind, gates in {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}.items()
    for cell in ("", "Cell")
}
_KIND = "two layers"


def is_two(layer: WeightedLayer) -> bool:
    """Return whether this represents two layers of the candidate."""
    return layer.kind == _KIND


def members(layer: WeightedLayer) -> tuple[WeightedLayer, ...]:
    """Return the two layers that this represents, or the layer itself."""
    return tuple(layer.settings["members"]) if is_two(layer) else (layer,)


def joined_layers(
    reference: Sequence[WeightedLayer], candidate: Sequence[WeightedLayer]
) -> list[WeightedLayer]:
    """Join every two layers of the candidate that can hold one of the reference's."""
    wanted = [layer for layer in reference if layer.kind in _SEPARABLE or layer.kind in _CELLS]
    kinds = ("Linear", "Conv1d", "Conv2d")
    able = [x for x in candidate if x.path and x.kind in kinds and x.weight("weight")]
    sizes = {_matrix_sizes(layer) for layer in wanted}
    found = []
    for one, other in combinations(able, 2) if wanted else ():
        if _weight_sizes((one, other)) not in sizes:
            continue
        two = WeightedLayer(
            f"{one.path}, {other.path}",
            _KIND,
            (*one.weights, *other.weights),
            {"members": (one, other)},
        )
        if any(split_layouts(layer, two) for layer in wanted):
            found.append(two)
    return found


def split_layouts(reference: WeightedLayer, two: WeightedLayer) -> list[Layout]:
    """List the layouts of the reference's layer in the two, with all roles and orders of gates."""
    found: list[Layout] = []
    if _matrix_sizes(reference) != _weight_sizes(members(two)):
        return found
    for pair in permutations(members(two)):
        if reference.kind in _SEPARABLE:
            layout = _separable(reference, pair)
        elif reference.kind in _CELLS:
            layout = _cell(reference, pair)
        else:
            return []
        if layout and layout.fits(reference, two):
            found += _in_every_order(layout) if reference.kind in _CELLS else [layout]
    return found


def _matrix_sizes(reference: WeightedLayer) -> tuple[int, ...]:
    """Return how many elements both matrices of the reference's layer have, the smaller first."""
    return tuple(sorted(prod(x.shape) for x in reference.weights if x.name.endswith("kernel")))


def _weight_sizes(layers: Sequence[WeightedLayer]) -> tuple[int, ...]:
    """Return how many elements the weight of each layer has, the smaller first."""
    found = [layer.weight("weight") for layer in layers]
    return tuple(sorted(prod(weight.shape) for weight in found if weight is not None))


def _biases(
    reference: WeightedLayer, *layers: WeightedLayer
) -> tuple[tuple[WeightedLayer, ...], tuple[str, ...]] | None:
    """Return the layers that hold the reference's bias, and the biases that must be zero.

    The first that has a bias holds a single one. None if there are too few.
    """
    bias, biased = reference.weight("bias"), [x for x in layers if x.weight("bias")]
    count = 0 if bias is None else len(bias.shape)
    if len(biased) < count:
        return None
    return tuple(biased[:count]), tuple(f"{layer.path}.bias" for layer in biased[count:])


def _separable(reference: WeightedLayer, pair: tuple[WeightedLayer, ...]) -> Layout | None:
    depthwise, pointwise = pair
    kernel, mixing = reference.weight("depthwise_kernel"), reference.weight("pointwise_kernel")
    biases = _biases(reference, pointwise)
    if kernel is None or mixing is None or biases is None or depthwise.kind == "Linear":
        return None
    if depthwise.settings.get("groups") != kernel.shape[-2]:
        return None
    keys = (depthwise.path, pointwise.path)
    keywords = {} if biases[0] else {"bias": False}
    keywords |= {"linear": True} if pointwise.kind == "Linear" else {}
    own = (f"{depthwise.path}.bias",) if depthwise.weight("bias") else ()
    arguments = (reference.path, keys, kernel.shape, mixing.shape[-1])
    call = LayoutCall("separable_conv", arguments, keywords)
    return Layout((call,), zero=(*own, *biases[1]))


def _cell(reference: WeightedLayer, pair: tuple[WeightedLayer, ...]) -> Layout | None:
    kernel, gates = reference.weight("kernel"), _CELLS[reference.kind]
    biases = _biases(reference, *pair)
    if kernel is None or biases is None or any(layer.kind != "Linear" for layer in pair):
        return None
    sizes = (kernel.shape[0], kernel.shape[1] // gates)
    keys = tuple(layer.path for layer in pair)
    bias = {"bias": tuple(layer.path for layer in biases[0])} if biases[0] else {}
    arguments = (reference.path, keys, *sizes, tuple(range(gates)))
    return Layout((LayoutCall("linear_cell", arguments, bias),), zero=biases[1])


def _in_every_order(layout: Layout) -> Iterator[Layout]:
    (call,) = layout.calls
    for order in permutations(call.arguments[-1]):
        arguments = (*call.arguments[:-1], order)
        yield replace(layout, calls=(replace(call, arguments=arguments),))
