"""Layers that a candidate has and forgets to call."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torch import Tensor, nn

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import (
    Alternative,
    Alternatives,
    Bound,
    has_shape_of,
    with_arguments,
)

MARK = "self."
"""Part of the name of each of these ways, and of no other."""


def with_a_forgotten_layer(bound: Bound) -> Alternatives:
    """Return the call followed by an unused layer, or with one's result in place of an operand."""
    found: Alternatives = {}
    for name, layer in bound["unused"].items():
        again = bound["again"]
        if has_shape_of(partial(_behind, layer, again), again()):
            edit = Edit(after=f"{name}({{call}})")
            found[f"followed by {name}"] = Alternative(None, partial(_behind, layer, again), edit)
        for key, words in (("input", "input"), ("other", "second operand")):
            for text, tensor in _given(bound, key):
                if not has_shape_of(partial(layer, tensor), bound[key]):
                    continue
                way = f"with {name}({text}) in place of its {words}"
                do = partial(_with, again, key, layer, tensor)
                found[way] = Alternative(None, do, _edit(key, f"{name}({text})"))
    return found


def _edit(key: str, text: str) -> Edit:
    return Edit(given=text) if key == "input" else with_arguments(other=text)


def _given(bound: Bound, key: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the named tensors that a layer in place of an operand may be given."""
    if isinstance(bound.get(key), Tensor):
        yield from bound["named"].items()


def _behind(layer: nn.Module, again: Callable[[], Tensor]) -> Any:
    return layer(again())


def _with(again: Callable[..., Any], key: str, layer: nn.Module, tensor: Tensor) -> Any:
    return again(**{key: layer(tensor)})
