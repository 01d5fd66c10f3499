"""Axes over which a candidate should have reduced, accumulated or normalized."""

from collections.abc import Callable
from functools import partial
from itertools import combinations

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.alternatives import over_other_axes
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments

REDUCTIONS = ("mean", "sum", "amax", "amin", "logsumexp", "std", "var")
_SEQUENCES = 3
_MOST_AXES = 5


def normalized_otherwise(bound: Bound) -> Alternatives:
    """Return the call over each other axis; that of a call without one is torch's default."""
    return over_other_axes({**bound, "dim": bound.get("dim", 1)})


def reduced_otherwise(bound: Bound) -> Alternatives:
    """Return a reduction over each other axis, and other reductions over the same ones."""
    x, own = bound["input"], bound["kind"]
    kept = {k: v for k, v in bound.items() if k in ("dim", "keepdim")}
    dims = kept.get("dim", tuple(range(x.ndim)))
    whole = {**kept, "dim": dims}
    siblings: dict[str, Callable[[], Tensor]] = {
        "as the maximum": partial(torch.amax, x, **whole),
        "as the minimum": partial(torch.amin, x, **whole),
        "as the mean": partial(torch.mean, x, **whole),
        "as the root of the mean of squares": lambda: x.square().mean(**whole).sqrt(),
    }
    same = {"amax": "as the maximum", "amin": "as the minimum", "mean": "as the mean"}
    renamed = {name: Edit(renamed=method) for method, name in same.items()}
    found = {
        k: Alternative(None, v, renamed.get(k)) for k, v in siblings.items() if k != same.get(own)
    }
    if own in ("std", "var"):
        found = {}
    if own == "mean" and bool((x == x.trunc()).all()):
        # TensorFlow's mean of integers is an integer.
        found["as that of integers, cut to a whole number"] = Alternative(
            None, lambda: bound["again"]().trunc(), Edit(after="{call}.trunc()")
        )
    return {**over_other_axes(bound), **_over_other_pairs(bound), **found}


def _over_other_pairs(bound: Bound) -> Alternatives:
    """Return a reduction over each other choice of several axes, as for channels first or last.

    If the axes are kept, they may also be more or fewer.
    """
    x, dims, kept = bound["input"], bound.get("dim"), bool(bound.get("keepdim"))
    least = 1
    if isinstance(dims, int):
        # Another single axis is tried elsewhere.
        dims, least = (dims,), 2
    if not isinstance(dims, tuple | list) or not 0 < len(dims) < x.ndim <= _MOST_AXES:
        return {}
    own = {dim % x.ndim for dim in dims}
    counts = range(least, x.ndim) if kept else [n for n in (len(dims),) if n > 1]
    return {
        f"over axes {', '.join(map(str, axes))} of {x.ndim}": Alternative(
            23, partial(bound["again"], dim=axes), with_arguments(dim=str(axes))
        )
        for count in counts
        for axes in combinations(range(x.ndim), count)
        if set(axes) != own
    }


def accumulated_otherwise(bound: Bound) -> Alternatives:
    """Return a running sum or product over each other axis, backwards, and exclusive."""
    x, dim, again = bound["input"], bound.get("dim"), bound["again"]
    if not isinstance(dim, int):
        return {}

    def backwards() -> Tensor:
        done: Tensor = getattr(x.flip(dim), bound["kind"])(dim)
        return done.flip(dim)

    def exclusive() -> Tensor:
        neutral = torch.full_like(x.narrow(dim, 0, 1), float(bound["kind"] == "cumprod"))
        done: Tensor = again()
        return torch.cat([neutral, done.narrow(dim, 0, x.shape[dim] - 1)], dim)

    return {
        **over_other_axes(bound),
        "backwards": Alternative(
            None,
            backwards,
            Edit(before=f"{{input}}.flip({dim})", after=f"{{call}}.flip({dim})"),
        ),
        "exclusive of the element itself": Alternative(
            None,
            exclusive,
            _exclusive(bound["kind"], dim % x.ndim, x.ndim),
        ),
    }


def _exclusive(kind: str, axis: int, axes: int) -> Edit:
    """Return the edit that moves what is accumulated by one, behind a neutral element."""
    colons = "..., " if axis == axes - 1 else ":, " * axis
    sizes = (*[0] * (2 * (axes - 1 - axis)), 1, 0)
    value = ", value=1.0" if kind == "cumprod" else ""
    return Edit(before=f"torch.nn.functional.pad({{input}}[{colons}:-1], {sizes}{value})")


def over_the_last_axis(bound: Bound) -> Alternatives:
    """Return a normalization of the features of the last axis, as in Keras, not of the second."""
    x = bound["input"]
    if x.ndim < _SEQUENCES or x.shape[1] != x.shape[-1]:
        return {}

    def do() -> Tensor:
        done: Tensor = bound["again"](input=x.movedim(-1, 1))
        return done.movedim(1, -1)

    edit = Edit(before="{input}.movedim(-1, 1)", after="{call}.movedim(1, -1)")
    return {"over the last axis": Alternative(23, do, edit)}
