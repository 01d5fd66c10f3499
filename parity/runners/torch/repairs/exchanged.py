"""Two neighbouring operations in the other order: a product before a layer, not after it."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import (
    Alternative,
    Alternatives,
    Bound,
    Earlier,
    has_shape_of,
)

COMBINING = ("add", "sub", "mul", "div")
_NORMS = ("layer_norm", "batch_norm", "group_norm", "instance_norm")
LAYERS = ("linear", "matmul", "conv1d", "conv2d", "conv3d", *_NORMS)
_WORDS = {"add": "sum", "sub": "difference", "mul": "product", "div": "quotient"}


def before_its_operand(bound: Bound) -> Alternatives:
    """Return a layer of a sum or product, in place of one of a layer's result.

    A gate may be applied to what goes into a product of matrices, or to what comes out of it.
    """
    found: Alternatives = {}
    for key, other, words in (("input", "other", "first"), ("other", "input", "second")):
        operand = bound[other]
        if not isinstance(operand, Tensor) or not operand.ndim:
            continue
        for call in _made_by(bound, key, LAYERS):
            do = partial(_layer_of, bound, call, key, operand)
            if has_shape_of(do, bound["again"]()):
                # Without its number: in a loop, each step makes the same call of others.
                name = f"before the {call.kind} of its {words} operand, not after it"
                edit = Edit(into="left" if key == "input" else "right")
                found[name] = Alternative(None, do, edit)
    return found


def after_the_layer(bound: Bound) -> Alternatives:
    """Return a sum or product with a layer's result, in place of a layer of it."""
    found: Alternatives = {}
    for call in _made_by(bound, "input", COMBINING):
        if not isinstance(call.input, Tensor) or not isinstance(call.other, Tensor):
            continue
        do = partial(_combined, bound, call)
        if has_shape_of(do, bound["again"]()):
            name = f"before the {_WORDS[call.kind]}, not after it"
            found[name] = Alternative(None, do, Edit(out=True))
    return found


def _made_by(bound: Bound, key: str, kinds: tuple[str, ...]) -> Iterator[Earlier]:
    """Yield the earlier call of some kinds that made an operand."""
    for call in bound["earlier"]:
        if call.output is bound.get(key) and call.kind in kinds:
            yield call


def _layer_of(bound: Bound, call: Earlier, key: str, operand: Any) -> Tensor:
    changed = {key: call.input, ("other" if key == "input" else "input"): operand}
    made: Tensor = call.again(input=bound["again"](**changed))
    return made


def _combined(bound: Bound, call: Earlier) -> Tensor:
    made: Tensor = call.again(input=bound["again"](input=call.input))
    return made
