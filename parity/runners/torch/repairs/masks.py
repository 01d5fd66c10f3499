"""Masks that a candidate inverts, fills otherwise or forgets, and triangles."""

from functools import partial

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

TRIANGLES = ("tril", "triu")


def filled_otherwise(bound: Bound) -> Alternatives:
    """Return the call with its mask inverted, other values filled in, or none at all."""
    x, mask, value, again = bound["input"], bound["mask"], bound["value"], bound["again"]
    found: Alternatives = {
        "with its mask inverted": Alternative(
            22, partial(again, mask=~mask), with_arguments(mask="~{}")
        ),
        "left out": Alternative(22, lambda: x, Edit(function="{input}")),
    }
    for other in (-torch.inf, -1e9, -1e4, 0.0):
        if value != other:
            text = "-torch.inf" if other == -torch.inf else repr(other)
            found[f"with {other:g}"] = Alternative(
                22, partial(again, value=other), with_arguments(value=text)
            )
    return found


def chosen_otherwise(bound: Bound) -> Alternatives:
    """Return the choice with its condition inverted, or one of its branches alone."""
    condition, x, other = bound["condition"], bound["input"], bound["other"]
    if not isinstance(condition, Tensor):
        return {}
    return {
        "with its condition inverted": Alternative(
            22, partial(torch.where, ~condition.bool(), x, other), with_arguments(condition="~{}")
        ),
        "as its first branch": Alternative(22, lambda: torch.as_tensor(x) + 0 * condition),
        "as its second branch": Alternative(22, lambda: torch.as_tensor(other) + 0 * condition),
    }


def another_triangle(bound: Bound) -> Alternatives:
    """Return the other triangle, and this one from the next diagonal on either side."""
    x, own, diagonal = bound["input"], bound["kind"], bound.get("diagonal", 0)
    other = "triu" if own == "tril" else "tril"
    found: Alternatives = {
        f"as {other}": Alternative(
            22, partial(getattr(torch, other), x, diagonal), Edit(renamed=other)
        )
    }
    for step in (-1, 1):
        at = diagonal + step
        found[f"from diagonal {at}"] = Alternative(
            22, partial(bound["again"], diagonal=at), with_arguments(diagonal=str(at))
        )
    return found


def causal(bound: Bound) -> Alternatives:
    """Return attention to earlier steps alone, or to all of them."""
    now = bool(bound.get("is_causal"))
    if bound.get("attn_mask") is not None:
        return {}
    name = "not causal" if now else "causal"
    edit = with_arguments(is_causal=str(not now))
    return {name: Alternative(22, partial(bound["again"], is_causal=not now), edit)}
