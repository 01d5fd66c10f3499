"""Whether a layer can be seen, and called alone, on both sides."""

from collections.abc import Sequence

from parity.declaring.models import Layer
from parity.init.option import Option
from parity.runners.model_calls import homeward
from parity.runners.survey import Part, Shape, Survey

_CHANNELS_FIRST = ("Conv", "BatchNorm", "GroupNorm", "InstanceNorm")
_ORDERS = ("same", "channels first", "time first")


def seen_alike(reference: Part, candidate: Part) -> Layer | str:
    """The layer to be checked alone, or why there is none.

    It must take one tensor on each side. PyTorch's image layers have the channels first, its
    recurrent ones the time, if they are not told otherwise; what the shapes seen do not bear out
    is not said.
    """
    if not (reference.path and candidate.path):
        return "is the whole model itself"
    for side, part in (("reference", reference), ("candidate", candidate)):
        if not part.inputs or part.output is None:
            return f"the {side} does not call it by itself"
        if len(part.inputs) > 1:
            return f"takes {len(part.inputs)} tensors in the {side}, and is seen in the whole alone"
    if reference.facts.get("go_backwards"):
        return "runs backwards, and is seen in the whole alone"
    for order in _preferred(candidate):
        last = _fit(reference, candidate, order)
        if last and candidate.facts.get("bidirectional"):
            return "gives the last step of either direction, and is seen in the whole alone"
        if last is not None:
            return Layer(reference.path, candidate.path, order, last)  # type: ignore[arg-type]
    return (
        f"takes {reference.inputs[0]} and gives {reference.output} in the reference, "
        f"{candidate.inputs[0]} and {candidate.output} in the candidate"
    )


def _preferred(candidate: Part) -> list[str]:
    first = "same"
    if candidate.kind.startswith(_CHANNELS_FIRST):
        first = "channels first"
    elif candidate.facts.get("batch_first") is False:
        first = "time first"
    orders = [first, *(order for order in _ORDERS if order != first)]
    if len(candidate.inputs[0]) < 3:
        return ["same"]
    return orders


def _fit(reference: Part, candidate: Part, order: str) -> bool | None:
    """Whether the candidate gives all steps and the reference the last; None if nothing fits."""
    if _turned(candidate.inputs[0], order) != reference.inputs[0]:
        return None
    assert candidate.output is not None
    output = _turned(candidate.output, order)
    if output == reference.output:
        return False
    stepwise = len(output) == 3 and (output[0], output[2]) == reference.output
    return True if stepwise else None


def _turned(shape: Shape, order: str) -> Shape:
    return tuple(shape[axis] for axis in homeward(order, len(shape)))


def frames(surveys: tuple[Survey, Survey], options: Sequence[Option]) -> list[Layer]:
    """Layers that are made of several on one side or both, and that hold the same on both.

    That they hold the same does not say that they compute the same: one may do more than the other.
    """
    reference, candidate = surveys
    theirs = {_names(frame): frame for frame in (*candidate.frames, *candidate.parts)}
    found: list[Layer] = []
    for layer in (*reference.frames, *reference.parts):
        own = [option for option in options if option.names <= _names(layer)]
        if frozenset().union(*(option.names for option in own)) != _names(layer):
            continue
        partner = theirs.get(frozenset().union(*(option.keys for option in own)))
        if partner is None or (layer in reference.parts and partner in candidate.parts):
            continue
        seen = seen_alike(layer, partner)
        if isinstance(seen, Layer):
            found.append(seen)
    return found


def _names(part: Part) -> frozenset[str]:
    return frozenset(held.name for held in part.weights)
