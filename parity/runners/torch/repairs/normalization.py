"""Normalizations with another epsilon or number of groups, and other paddings of a tensor."""

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
from parity.runners.torch.alternatives import EPSILONS
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

KINDS = ("layer_norm", "batch_norm", "group_norm", "instance_norm", "normalize")
_EPSILONS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
# Those that known bugs have.
_KNOWN = {"layer_norm": EPSILONS, "batch_norm": EPSILONS}
_MODES = ("constant", "reflect", "replicate", "circular")


def with_other_epsilon(bound: Bound) -> Alternatives:
    """Return the call with each other usual epsilon that no known bug has."""
    own, again = bound.get("eps"), bound["again"]
    known = (*_KNOWN.get(bound["kind"], ()), own)
    return {
        f"with epsilon {eps:g}": Alternative(
            15, partial(again, eps=eps), with_arguments(eps=repr(eps))
        )
        for eps in _EPSILONS
        if eps not in known
    }


def over_other_last_axes(bound: Bound) -> Alternatives:
    """Return a layer normalization without weights over more or fewer of the last axes."""
    x, own = bound["input"], len(bound["normalized_shape"])
    if bound.get("weight") is not None or bound.get("bias") is not None:
        return {}
    return {
        f"over the last {count} axes" if count > 1 else "over the last axis": Alternative(
            23,
            partial(bound["again"], normalized_shape=tuple(x.shape[-count:])),
            with_arguments(normalized_shape=f"({', '.join(map(str, x.shape[-count:]))},)"),
        )
        for count in range(1, x.ndim)
        if count != own
    }


def in_other_groups(bound: Bound) -> Alternatives:
    """Return the normalization in each other number of groups that divides the channels."""
    channels, own = bound["input"].shape[1], bound["num_groups"]
    return {
        f"in {count} groups": Alternative(
            None, partial(bound["again"], num_groups=count), with_arguments(num_groups=str(count))
        )
        for count in range(1, channels + 1)
        if channels % count == 0 and count != own
    }


def padded_with_others(bound: Bound) -> Alternatives:
    """Return a padding that reflects, repeats or wraps around, or has another value."""
    own, value, again = bound.get("mode", "constant"), bound.get("value") or 0, bound["again"]
    found: Alternatives = {}
    for other in (-torch.inf, 0.0, 1.0):
        if own == "constant" and other != value:
            text = "-torch.inf" if other == -torch.inf else repr(other)
            edit = with_arguments(value=text)
            found[f"with {other:g}"] = Alternative(None, partial(again, value=other), edit)
    for mode in _MODES:
        if mode != own:
            edit = with_arguments(mode=f'"{mode}"')
            found[f"as {mode}"] = Alternative(None, partial(again, mode=mode, value=None), edit)
    return found


def padded_on_one_side(bound: Bound) -> Alternatives:
    """Return all of the padding of each axis in front, as a causal convolution has it, or behind.

    Only if it is on both sides; one row more on a side is a known bug.
    """
    sizes = list(bound["pad"])
    pairs = [(front, behind) for front, behind in zip(sizes[::2], sizes[1::2], strict=True)]
    if not any(min(pair) > 0 and sum(pair) > 2 for pair in pairs):
        return {}
    ways = {
        "all in front": [size for pair in pairs for size in (sum(pair), 0)],
        "all behind": [size for pair in pairs for size in (0, sum(pair))],
    }
    return {
        name: Alternative(16, partial(bound["again"], pad=pad), with_arguments(pad=str(tuple(pad))))
        for name, pad in ways.items()
    }


def convolved_at_borders(bound: Bound) -> Alternatives:
    """Return a convolution whose symmetric padding reflects, repeats or wraps around."""
    x, own = bound["input"], bound.get("padding", 0)
    axes = bound["weight"].ndim - 2
    sizes = [own] * axes if isinstance(own, int) else own
    if isinstance(sizes, str) or not any(sizes):
        return {}
    sizes = list(sizes) * (axes if len(sizes) == 1 else 1)
    flat = [size for pair in reversed([(size, size) for size in sizes]) for size in pair]

    def do(mode: str) -> Tensor:
        done: Tensor = bound["again"](input=functional.pad(x, flat, mode), padding=0)
        return done

    return {
        f"padded as {mode}": Alternative(None, partial(do, mode), _padding_mode(mode, flat))
        for mode in _MODES[1:]
    }


def _padding_mode(mode: str, flat: list[int]) -> Edit:
    pad = f'torch.nn.functional.pad({{input}}, {tuple(flat)}, mode="{mode}")'
    return Edit((("padding", "0"),), before=pad)
