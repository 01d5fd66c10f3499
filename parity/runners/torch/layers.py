"""Layers with weights in a torch module, at the granularity of a port."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from parity.declaring.shared_models import State, state_of
from parity.runners.whole_models import LayerCall, LayerWeight, WeightedLayer

# Modules that a port treats as one, whatever they contain.
_WHOLE = (nn.MultiheadAttention,)
_SETTINGS = (
    *("batch_first", "bidirectional", "num_layers", "groups", "in_features", "embed_dim"),
    *("num_heads", "_qkv_same_embed_dim", "bias_k"),
)
Weights = Mapping[str, torch.Tensor]
Calls = dict[str, LayerCall[torch.Tensor]]


def modules(root: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Walk the module and everything within it, by path."""
    yield path, root
    if not isinstance(root, _WHOLE):
        for name, child in root.named_children():
            yield from modules(child, f"{path}.{name}" if path else name)


def submodule(root: nn.Module, path: str) -> nn.Module:
    """Return the module of a path; raise KeyError if there is none.

    Unlike `get_submodule`, this finds one that is named as a method, such as "parameters".
    """
    found = root
    for name in path.split(".") if path else ():
        child = found._modules[name]
        if child is None:
            raise KeyError(path)
        found = child
    return found


def layer_state(
    layer: nn.Module, assigned: Iterable[torch.Tensor], left_out: Sequence[str]
) -> State:
    """Return what a layer holds besides weights that each run assigns, and attributes left out."""
    known = {id(value) for value in assigned}

    def mark(value: object) -> object:
        if not isinstance(value, torch.Tensor) or id(value) in known:
            return value
        # The version counts changes in place.
        return value, value._version

    parts = (vars(part).items() for part in layer.modules())
    # Whether it is in training is each run's own.
    unread = {"training", *left_out}
    return state_of(({k: v for k, v in part if k not in unread} for part in parts), mark)


def is_plain(layer: nn.Module, assigned: Iterable[torch.Tensor]) -> bool:
    """Return whether a layer is made of PyTorch's own and holds no number but its weights."""
    known = {id(value) for value in assigned}
    return all(
        type(part).__module__.startswith("torch.")
        and not any(
            isinstance(value, torch.Tensor) and value.is_floating_point() and id(value) not in known
            for value in (*vars(part).values(), *part._buffers.values(), *part._parameters.values())
        )
        for part in layer.modules()
    )


def weighted_layers(root: nn.Module, weights: Weights, calls: Calls) -> list[WeightedLayer]:
    """List every layer with weights of its own, in the order of the first calls.

    A recurrent module of several layers, or of both directions, becomes as many layers as the
    reference has for it. These are never called by themselves.
    """
    order = {path: number for number, path in enumerate(calls)}
    found: list[WeightedLayer] = []
    for path, module in modules(root):
        own = _own(path, module, weights)
        if not own:
            continue
        suffixes = _suffixes(module)
        settings, kind = _settings(module), _kind(module)
        if len(suffixes) == 1:
            settings["end"] = suffixes[0]
        if len(suffixes) < 2:
            shapes = LayerCall.shapes(calls.get(path))
            found.append(WeightedLayer(path, kind, own, settings, *shapes))
            continue
        for suffix in suffixes:
            some = tuple(weight for weight in own if weight.name.endswith(suffix))
            which = {"end": suffix, "which": suffix.strip("_")}
            found.append(WeightedLayer(path, kind, some, {**settings, **which}))
    return sorted(found, key=lambda layer: order.get(layer.path, len(order)))


def composite_layers(root: nn.Module, weights: Weights, calls: Calls) -> list[WeightedLayer]:
    """List the modules within the model that hold several layers, the innermost first."""
    found: list[WeightedLayer] = []
    for path, module in modules(root):
        inner = _described({k: v for k, v in weights.items() if k.startswith(f"{path}.")})
        several = len(_suffixes(module)) > 1 or inner != _own(path, module, weights)
        if path and inner and several:
            shapes = LayerCall.shapes(calls.get(path))
            found.append(WeightedLayer(path, _kind(module), inner, _settings(module), *shapes))
    return found[::-1]


def _suffixes(module: nn.Module) -> Sequence[str]:
    """Return how the weights' names end, for each layer within a recurrent module of torch's."""
    if isinstance(module, nn.RNNCellBase):
        return [""]
    if not isinstance(module, nn.RNNBase):
        return []
    directions = ("", "_reverse") if module.bidirectional else ("",)
    return [f"_l{number}{way}" for number in range(module.num_layers) for way in directions]


def _own(path: str, module: nn.Module, weights: Weights) -> tuple[LayerWeight, ...]:
    prefix = f"{path}." if path else ""
    whole = isinstance(module, _WHOLE)
    return _described(
        {
            key: value
            for key, value in weights.items()
            if key.startswith(prefix) and (whole or "." not in key[len(prefix) :])
        }
    )


def _described(weights: Weights) -> tuple[LayerWeight, ...]:
    return tuple(
        LayerWeight(key, tuple(value.shape), value.requires_grad) for key, value in weights.items()
    )


def _kind(module: nn.Module) -> str:
    """Return the name of its class; for a class derived from one of torch's, that one's."""
    for kind in type(module).__mro__:
        if kind.__module__.startswith("torch.nn") and kind is not nn.Module:
            return kind.__name__
    return type(module).__name__


def _settings(module: nn.Module) -> dict[str, Any]:
    return {name: getattr(module, name) for name in _SETTINGS if hasattr(module, name)}
