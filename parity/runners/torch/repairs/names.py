"""Other tensors of the candidate's own code in place of the one that a call is given."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

# Calls with two operands, each of which may be the wrong one.
_BINARY = ("add", "sub", "mul", "div", "matmul", "bmm")
AS_NAMED = "in place of its"


def of_another_name(bound: Bound) -> Alternatives:
    """Return the call with another local variable of the same shape as an operand.

    A residual may be taken from the wrong place, and a layer given what went into the one before.
    """
    found: Alternatives = {}
    operands = {"input": "input"}
    if bound["kind"] in _BINARY:
        operands = {"input": "first operand", "other": "second operand"}
    for key, words in operands.items():
        for name, tensor in _others(bound, bound.get(key)):
            edit = Edit(given=name) if key == "input" else with_arguments(other=name)
            do = partial(bound["again"], **{key: tensor})
            found[f"with {name} {AS_NAMED} {words}"] = Alternative(None, do, edit)
    return found


def _others(bound: Bound, own: object) -> Iterator[tuple[str, Tensor]]:
    """Yield the named tensors that are like an operand, and not the same numbers.

    For a number, those that are like the other operand.
    """
    like = own if isinstance(own, Tensor) else bound.get("input")
    if not isinstance(like, Tensor) or not like.ndim or own is None:
        return
    seen = [like]
    for name, tensor in bound["named"].items():
        alike = tensor.shape == like.shape and tensor.dtype == like.dtype
        if alike and not any(torch.equal(tensor, one) for one in seen):
            seen.append(tensor)
            yield name, tensor
