"""Which layers of a torch module hold weights: as many as a port would name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from parity.runners.survey import Held, Part

# Modules that are one thing to a port, whatever they hold within.
_WHOLE = (nn.MultiheadAttention,)
_FACTS = (
    *("batch_first", "bidirectional", "num_layers", "groups", "in_features", "embed_dim"),
    *("num_heads", "_qkv_same_embed_dim", "bias_k"),
)
Weights = Mapping[str, torch.Tensor]


def layers(path: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The module and all within it, by path."""
    yield path, module
    if not isinstance(module, _WHOLE):
        for name, child in module.named_children():
            yield from layers(f"{path}.{name}" if path else name, child)


def parts(made: nn.Module, weights: Weights, seen: Mapping[str, Any]) -> list[Part]:
    """Every layer with weights of its own, in the order of the first calls.

    A recurrent module of several layers, or of both directions, is as many parts: the reference
    has as many layers. They are not called by themselves.
    """
    order = {path: number for number, path in enumerate(seen)}
    found: list[Part] = []
    for path, module in layers("", made):
        held = _own(path, module, weights)
        if not held:
            continue
        ends = _ends(module)
        facts, kind = _facts(module), _kind(module)
        if len(ends) == 1:
            facts["end"] = ends[0]
        if len(ends) < 2:
            found.append(Part(path, kind, held, facts, *_shapes(seen.get(path))))
        for end in ends if len(ends) > 1 else ():
            own = tuple(one for one in held if one.name.endswith(end))
            found.append(Part(path, kind, own, {**facts, "end": end, "which": end.strip("_")}))
    return sorted(found, key=lambda part: order.get(part.path, len(order)))


def frames(made: nn.Module, weights: Weights, seen: Mapping[str, Any]) -> list[Part]:
    """Modules within the model that hold what are several parts, the innermost first."""
    found: list[Part] = []
    for path, module in layers("", made):
        held = tuple(
            Held(key, tuple(value.shape), value.requires_grad)
            for key, value in weights.items()
            if key.startswith(f"{path}.")
        )
        several = len(_ends(module)) > 1 or held != _own(path, module, weights)
        if path and held and several:
            shapes = _shapes(seen.get(path))
            found.append(Part(path, _kind(module), held, _facts(module), *shapes))
    return found[::-1]


def _ends(module: nn.Module) -> Sequence[str]:
    """How the names of weights end, for each recurrent layer that a module of torch's own is."""
    if isinstance(module, nn.RNNCellBase):
        return [""]
    if not isinstance(module, nn.RNNBase):
        return []
    ways = ("", "_reverse") if module.bidirectional else ("",)
    return [f"_l{number}{way}" for number in range(module.num_layers) for way in ways]


def _own(path: str, module: nn.Module, weights: Weights) -> tuple[Held, ...]:
    prefix = f"{path}." if path else ""
    whole = isinstance(module, _WHOLE)
    return tuple(
        Held(key, tuple(value.shape), value.requires_grad)
        for key, value in weights.items()
        if key.startswith(prefix) and (whole or "." not in key[len(prefix) :])
    )


def _kind(module: nn.Module) -> str:
    """Its class' name; of a class derived from one of torch's own, that one's."""
    for kind in type(module).__mro__:
        if kind.__module__.startswith("torch.nn") and kind is not nn.Module:
            return kind.__name__
    return type(module).__name__


def _facts(module: nn.Module) -> dict[str, Any]:
    return {name: getattr(module, name) for name in _FACTS if hasattr(module, name)}


def _shapes(seen: Any) -> tuple[Any, Any]:
    if seen is None:
        return (), None
    tensors, output = seen
    return tuple(tuple(tensor.shape) for tensor in tensors), tuple(output.shape)
