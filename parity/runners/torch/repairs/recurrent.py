"""Recurrent layers that read their sequence in another order than the reference's."""

from typing import Any

import torch

from parity.runners.torch.operations import Alternative, Alternatives, Bound


def batch_first(bound: Bound) -> Alternatives:
    """Return a GRU that takes the other of the first two axes for time."""
    first = bound.get("first")
    if not isinstance(first, bool) or not isinstance(bound.get("hx"), torch.Tensor):
        return {}
    name = "with time first" if first else "with the batch first"

    def do() -> Any:
        state = bound["hx"]
        hidden = state.new_zeros((state.shape[0], bound["input"].shape[first], state.shape[2]))
        return bound["again"](first=not first, hx=hidden)

    return {name: Alternative(23, do)}


def backwards(bound: Bound) -> Alternatives:
    """Return the layer run backwards, its steps in the order of time or of its own."""
    first, x = bound.get("first"), bound["input"]
    if not isinstance(first, bool):
        return {}
    time = 1 if first else 0

    def do(turned: bool) -> Any:
        output, *states = bound["again"](input=x.flip(time))
        return (output.flip(time) if turned else output, *states)

    return {
        "backwards": Alternative(None, lambda: do(False)),
        "backwards, its steps in the order of time": Alternative(None, lambda: do(True)),
    }
