"""Layers that both models have, and the orders of their axes."""

from collections.abc import Sequence
from typing import get_args

from parity.declaring.model_inputs import AxisOrder
from parity.declaring.model_sides import Layer
from parity.init.images import CHANNELS_FIRST
from parity.runners.whole_models import Shape, WeightedLayer, axes_to_reference


def comparable_layers(
    pairings: Sequence[tuple[WeightedLayer, WeightedLayer, object]],
) -> list[Layer]:
    """List the layers that can be compared: those with one partner in the candidate."""
    partners: dict[str, dict[str, Layer | str]] = {}
    for reference, candidate, _ in pairings:
        comparable = comparable_layer(reference, candidate, several=True)
        partners.setdefault(reference.path, {})[candidate.path] = comparable
    found = [next(iter(layers.values())) for layers in partners.values() if len(layers) == 1]
    return [layer for layer in found if isinstance(layer, Layer)]


def comparable_layer(
    reference: WeightedLayer, candidate: WeightedLayer, several: bool = False
) -> Layer | str:
    """Return the layer to check alone, or the reason why it cannot be.

    It must take one tensor on either side, unless `several` is given (within the model, it may take
    more), and the shapes must agree in some order of axes: by
    default PyTorch's image layers have the channels first, its recurrent ones the time. Within the
    model, one side may pad an image before the layer, and the other in it.
    """
    if not (reference.path and candidate.path):
        return "is the whole model itself"
    for side, layer in (("reference", reference), ("candidate", candidate)):
        if not layer.inputs or layer.output is None:
            return f"the {side} does not call it separately"
        if len(layer.inputs) > 1 and not several:
            return (
                f"takes {len(layer.inputs)} tensors in the {side}; checked within the whole model"
            )
    if reference.settings.get("go_backwards"):
        return "runs backwards; checked within the whole model"
    for order in _axis_orders(candidate):
        last = _returns_last_step(reference, candidate, order)
        if last and candidate.settings.get("bidirectional"):
            return "returns the last step of either direction; checked within the whole model"
        if last is not None:
            return Layer(reference.path, candidate.path, order, last)
    padded = _with_padding(reference, candidate) if several else None
    return padded or (
        f"takes {reference.inputs[0]} and returns {reference.output} in the reference, "
        f"{candidate.inputs[0]} and {candidate.output} in the candidate"
    )


def _axis_orders(candidate: WeightedLayer) -> list[AxisOrder]:
    """List the orders of axes that the candidate's layer may have, likeliest first."""
    if len(candidate.inputs[0]) < 3:
        return ["same"]
    first: AxisOrder = "same"
    if candidate.kind.startswith(CHANNELS_FIRST):
        first = "channels first"
    elif candidate.settings.get("batch_first") is False:
        first = "time first"
    return [first, *(order for order in get_args(AxisOrder) if order != first)]


def _returns_last_step(
    reference: WeightedLayer, candidate: WeightedLayer, order: AxisOrder
) -> bool | None:
    """Return whether the candidate returns all steps and the reference the last.

    None if the shapes do not agree in this order of axes.
    """
    if _reordered(candidate.inputs[0], order) != reference.inputs[0]:
        return None
    assert candidate.output is not None
    output = _reordered(candidate.output, order)
    if output == reference.output:
        return False
    stepwise = len(output) == 3 and (output[0], output[2]) == reference.output
    return True if stepwise else None


def _with_padding(reference: WeightedLayer, candidate: WeightedLayer) -> Layer | None:
    """Return the layer if both return the same shape, and one takes the other's input, padded.

    The axes but for the batch and the channels may be longer on either side.
    """
    assert candidate.output is not None
    own = reference.inputs[0]
    for order in _axis_orders(candidate):
        given = _reordered(candidate.inputs[0], order)
        alike = (given[0], given[-1], len(given)) == (own[0], own[-1], len(own))
        same = _reordered(candidate.output, order) == reference.output
        if alike and same and len(own) > 2:
            return Layer(reference.path, candidate.path, order)
    return None


def _reordered(shape: Shape, order: AxisOrder) -> Shape:
    return tuple(shape[axis] for axis in axes_to_reference(order, len(shape)))
