"""Steps that a mask or a length keeps: left out of means, weights, recurrences, and of a count.

Masks are a run's own inputs, and earlier comparisons. A candidate that ignores its padding computes
with all of the steps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound

REDUCED = ("mean", "sum", "amax")
RECURRENT = ("lstm", "gru")
_COMPARED = ("ne", "eq", "gt", "lt", "ge", "le")
_TOO_SMALL = -1e9


@dataclass(frozen=True)
class _Mask:
    """Mask of steps, (B, T), true where one is kept: how it is called, and how it is written.

    `length` is how its lengths are written. Both are "" where that is not known.
    """

    name: str
    kept: Tensor
    written: str = ""
    length: str = ""

    def like(self, x: Tensor) -> Tensor:
        """Return the mask, (B, T, 1, ...), for numbers of (B, T, ...)."""
        return self.kept.reshape(*self.kept.shape, *[1] * (x.ndim - self.kept.ndim))


def _masks(bound: Bound, records: int, steps: int) -> Iterator[_Mask]:
    """Yield the masks of so many records and steps, each once."""
    seen: list[Tensor] = []
    for mask in (*_of_inputs(bound, records, steps), *_compared(bound, records, steps)):
        partly = not bool(mask.kept.all()) and bool(mask.kept.any())
        if partly and not any(torch.equal(mask.kept, one) for one in seen):
            seen.append(mask.kept)
            yield mask


def _of_inputs(bound: Bound, records: int, steps: int) -> Iterator[_Mask]:
    for name, given in bound["inputs"].items():
        if not isinstance(given, Tensor):
            continue
        if tuple(given.shape) == (records, steps):
            whole = not given.is_floating_point() or bool(
                (given * (given - given.max()) == 0).all()
            )
            if whole and given.dtype != torch.bool:
                written = f"({name} != 0)"
                yield _Mask(f"{name} != 0", given != 0, written, f"{written}.sum(1)")
            elif whole:
                yield _Mask(name, given, name, f"{name}.sum(1)")
        elif tuple(given.shape) == (records,) and not given.is_floating_point():
            places = torch.arange(steps, device=given.device)
            for more in (0, 1):
                length = f"({name} + {more})" if more else name
                written = f"(torch.arange({steps}) < {length}[:, None])"
                kept = places < (given + more)[:, None]
                yield _Mask(f"the length {length.strip('()')}", kept, written, length)


def _compared(bound: Bound, records: int, steps: int) -> Iterator[_Mask]:
    for call in bound["earlier"]:
        if call.kind in _COMPARED and tuple(call.output.shape) == (records, steps):
            yield _Mask(f"{call.kind} {call.index + 1}", call.output)


def reduced_over_kept(bound: Bound) -> Alternatives:
    """Return a reduction over the second axis, of the steps that a mask keeps, or as if 0."""
    x, dim, kind = bound["input"], bound.get("dim"), bound["kind"]
    dim = dim[0] if isinstance(dim, tuple | list) and len(dim) == 1 else dim
    if not isinstance(dim, int) or x.ndim < 2 or dim % x.ndim != 1:
        return {}
    found: Alternatives = {}
    keep = bool(bound.get("keepdim"))
    for mask in _masks(bound, x.shape[0], x.shape[1]):
        kept, ones = mask.like(x), f"[(...,) + (None,) * {x.ndim - 2}]" if x.ndim > 2 else ""
        if kind == "mean":
            function = (
                f"({{input}} * {mask.written}{ones}).sum(1, keepdim={keep})"
                f" / {mask.written}{ones}.sum(1, keepdim={keep})"
            )
            edit = Edit(function=function) if mask.written else None
            found[f"of the steps that {mask.name} keeps"] = Alternative(
                22, partial(_mean, x, kept, keep), edit
            )
        if kind == "amax":
            found[f"of the steps that {mask.name} keeps"] = Alternative(
                22, partial(_largest, x, kept, keep)
            )
        else:
            edit = Edit(before=f"{{input}} * {mask.written}{ones}") if mask.written else None
            found[f"with the steps as 0 that {mask.name} leaves out"] = Alternative(
                22, partial(bound["again"], input=x * kept), edit
            )
    return found


def _largest(x: Tensor, kept: Tensor, keep: bool) -> Tensor:
    return x.masked_fill(~kept, -torch.inf).amax(1, keep)


def _mean(x: Tensor, kept: Tensor, keep: bool) -> Tensor:
    return (x * kept).sum(1, keep) / kept.sum(1, keep).clamp(min=1)


def divided_by_kept(bound: Bound) -> Alternatives:
    """Return a quotient by the number of steps that a mask keeps, for that by all of them."""
    x, steps = bound["input"], bound.get("other")
    if not isinstance(x, Tensor) or not isinstance(steps, int) or not x.ndim:
        return {}
    ones = [1] * (x.ndim - 1)
    return {
        f"by the number of steps that {mask.name} keeps": Alternative(
            22, partial(torch.div, x, mask.kept.sum(1).clamp(min=1).reshape(-1, *ones))
        )
        for mask in _masks(bound, x.shape[0], steps)
    }


def weighted_of_kept(bound: Bound) -> Alternatives:
    """Return a softmax over the last axis to which a mask leaves only the steps that it keeps."""
    x, dim = bound["input"], bound["dim"]
    if x.ndim < 2 or dim % x.ndim != x.ndim - 1:
        return {}
    found: Alternatives = {}
    for mask in _masks(bound, x.shape[0], x.shape[-1]):
        middle = (1,) * (x.ndim - 2)
        left = ~mask.kept.reshape(x.shape[0], *middle, x.shape[-1])
        nones = "None, " * (x.ndim - 2)
        text = f"{{input}}.masked_fill(~{mask.written}[:, {nones}:], {_TOO_SMALL})"
        found[f"of the steps that {mask.name} keeps"] = Alternative(
            22,
            partial(bound["again"], input=x.masked_fill(left, _TOO_SMALL)),
            Edit(before=text) if mask.written else None,
        )
    return found


def run_over_kept(bound: Bound) -> Alternatives:
    """Return a GRU or LSTM that stops at the last step of each record that a mask keeps."""
    x, first = bound["input"], bound.get("first")
    if not isinstance(first, bool) or x.ndim != 3:
        return {}
    records, steps = (x.shape[0], x.shape[1]) if first else (x.shape[1], x.shape[0])
    found: Alternatives = {}
    for mask in _masks(bound, records, steps):
        lengths = mask.kept.sum(1)
        if not bool((mask.kept == (torch.arange(steps) < lengths[:, None])).all()):
            continue
        packed = (
            "torch.nn.utils.rnn.pack_padded_sequence({input}, "
            f"{mask.length}.cpu(), batch_first={first}, enforce_sorted=False)"
        )
        found[f"over the steps that {mask.name} keeps"] = Alternative(
            22,
            partial(_one_by_one, bound, lengths.clamp(min=1).tolist(), first),
            Edit(before=packed) if mask.length else None,
        )
    return found


def _one_by_one(bound: Bound, lengths: list[int], first: bool) -> Any:
    """Run each record alone up to its length; outputs behind it are 0."""
    x, hidden = bound["input"], bound["hx"]
    axis, time = (0, 1) if first else (1, 0)
    made = []
    for place, length in enumerate(lengths):
        own = x.narrow(axis, place, 1).narrow(time, 0, length)
        state = (
            hidden.narrow(1, place, 1)
            if isinstance(hidden, Tensor)
            else tuple(one.narrow(1, place, 1).contiguous() for one in hidden)
        )
        output, *states = bound["again"](input=own, hx=state)
        whole = output.new_zeros((*output.shape[:time], x.shape[time], *output.shape[time + 1 :]))
        whole.narrow(time, 0, length).copy_(output)
        made.append((whole, *states))
    outputs, *states = zip(*made, strict=True)
    return (torch.cat(outputs, axis), *(torch.cat(one, 1) for one in states))


def last_of_kept(bound: Bound) -> Alternatives:
    """Return the last step that a mask keeps, for the last of all."""
    x, index = bound["input"], bound["index"]
    if not isinstance(x, Tensor) or not isinstance(index, tuple) or x.ndim < 2:
        return {}
    if index[:2] != (slice(None), -1) or any(part != slice(None) for part in index[2:]):
        return {}
    return {
        f"at the last step that {mask.name} keeps": Alternative(
            22, partial(_at, x, mask.kept.sum(1).clamp(min=1) - 1)
        )
        for mask in _masks(bound, x.shape[0], x.shape[1])
    }


def _at(x: Tensor, place: Tensor) -> Tensor:
    return x[torch.arange(len(x)), place]
