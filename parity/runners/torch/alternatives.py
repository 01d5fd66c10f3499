"""Alternatives to PyTorch operations that ports use by mistake."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from parity.declaring.source_edits import Edit
from parity.runners.torch import activation_alternatives, arithmetic_alternatives, corrections
from parity.runners.torch.operations import Alternative, Alternatives, Bound, with_arguments


def alternatives(bound: Bound) -> Alternatives:
    """Return the alternatives to a call, by name; empty where there are none."""
    found = _ALTERNATIVES.get(bound["kind"])
    return found(bound) if found else {}


def over_other_axes(bound: Bound) -> Alternatives:
    """Return the call over each other axis, if it is over one."""
    x, dim = bound["input"], bound.get("dim")
    if not isinstance(dim, int):
        return {}
    others = [axis for axis in range(x.ndim) if axis != dim % x.ndim]
    return {
        f"over axis {axis} of {x.ndim}": Alternative(
            23,
            partial(bound["again"], dim=axis),
            with_arguments(dim=str(-1 if axis == x.ndim - 1 else axis)),
        )
        for axis in others
    }


EPSILONS = (1e-3, 1e-5, 1e-6, 1e-12)
"""Those of layer and batch normalization in the known bugs."""


def _epsilons(number: int) -> Callable[[Bound], Alternatives]:
    def found(bound: Bound) -> Alternatives:
        current = bound.get("eps", 1e-5)
        others = {
            f"with epsilon {eps:g}": Alternative(
                number, partial(bound["again"], eps=eps), with_arguments(eps=repr(eps))
            )
            for eps in EPSILONS
            if not math.isclose(eps, current)
        }
        if "running_mean" in bound:
            training = bool(bound.get("training"))
            name = "in evaluation" if training else "in training"
            others[name] = Alternative(37, lambda: _normalized(bound, not training))
        return others

    return found


def _normalized(bound: Bound, training: bool) -> Tensor:
    """Normalize in the other mode, on copies of the running statistics."""
    mean, var = (bound[name].clone() for name in ("running_mean", "running_var"))
    normalized: Tensor = bound["again"](training=training, running_mean=mean, running_var=var)
    return normalized


def _squeeze(bound: Bound) -> Alternatives:
    if "dim" not in bound:
        return {}
    return {"without an axis": Alternative(24, lambda: bound["input"].squeeze())}


def _deviation(bound: Bound) -> Alternatives:
    biased = bound.get("unbiased") is False or bound.get("correction") == 0
    kept = {k: v for k, v in bound.items() if k in ("dim", "keepdim")}
    correction = 1 if biased else 0
    name = f"with correction {correction}"

    def do() -> Tensor:
        deviation: Tensor = getattr(bound["input"], bound["kind"])(correction=correction, **kept)
        return deviation

    argument = "correction" if "correction" in bound else "unbiased"
    value = str(correction) if argument == "correction" else str(bool(correction))
    return {name: Alternative(25, do, with_arguments(**{argument: value}))}


def _pads(bound: Bound) -> Alternatives:
    """Move one row or column of padding from one side of an axis to the other."""
    sizes = list(bound["pad"])
    found: Alternatives = {}
    for axis in range(len(sizes) // 2):
        for off, on in ((2 * axis, 2 * axis + 1), (2 * axis + 1, 2 * axis)):
            if sizes[off] > 0:
                moved = list(sizes)
                moved[off] -= 1
                moved[on] += 1
                edit = with_arguments(pad=str(tuple(moved)))
                found[f"by {moved}"] = Alternative(16, partial(bound["again"], pad=moved), edit)
    return found


def _flatten(bound: Bound) -> Alternatives:
    x = bound["input"]
    if bound.get("start_dim", 0) != 1 or bound.get("end_dim", -1) not in (-1, x.ndim - 1):
        return {}
    if sum(size > 1 for size in x.shape[1:]) < 2:
        return {}
    found = {
        "with the last axis first": Alternative(
            32, lambda: x.movedim(-1, 1).flatten(1), Edit(before="{input}.movedim(-1, 1)")
        )
    }
    if x.ndim > 3:
        edit = Edit(before="{input}.movedim(1, -1)")
        found["with the first axis last"] = Alternative(
            32, lambda: x.movedim(1, -1).flatten(1), edit
        )
    return found


def _split(x: Tensor, dim: int, sizes: tuple[int, ...]) -> Alternatives:
    if len(sizes) != 2 or min(sizes) < 2:
        return {}

    at = dim % x.ndim
    turned = (*x.shape[:at], *sizes[::-1], *x.shape[at + 1 :])
    return {
        "with the two axes in the other order": Alternative(
            1,
            lambda: x.reshape(turned).transpose(at, at + 1),
            Edit(exchanged=(2, 1), after="{call}.transpose(-2, -1)") if at == x.ndim - 1 else None,
        )
    }


def _reshape(bound: Bound) -> Alternatives:
    x, shape = bound["input"], tuple(bound["shape"])
    if len(shape) != x.ndim + 1 or -1 in shape or tuple(x.shape[:-1]) != shape[: x.ndim - 1]:
        return {}
    return _split(x, x.ndim - 1, shape[-2:])


def _unflatten(bound: Bound) -> Alternatives:
    x = bound["input"]
    return _split(x, bound["dim"] % x.ndim, tuple(bound["sizes"]))


def _attention(bound: Bound) -> Alternatives:
    mask, depth = bound.get("attn_mask"), bound["query"].shape[-1]
    again = bound["again"]
    scales = {
        "not scaled": 1.0,
        "scaled by the depth, not its root": 1 / depth,
        "scaled by the root of the depth": depth**-0.5,
    }
    scale = bound.get("scale") or depth**-0.5
    current = {value: name for name, value in scales.items()}.get(scale, list(scales)[-1])
    found = {
        name: Alternative(None, partial(again, scale=value), with_arguments(scale=repr(value)))
        for name, value in scales.items()
        if name != current
    }
    if mask is not None:
        none = with_arguments(attn_mask="None")
        found["without its mask"] = Alternative(22, partial(again, attn_mask=None), none)
        if mask.dtype == torch.bool:
            edit = with_arguments(attn_mask="~({})")
            found["with its mask inverted"] = Alternative(22, partial(again, attn_mask=~mask), edit)
    return found


def batch_and_time_exchanged(bound: Bound) -> Alternatives:
    """Return an LSTM or GRU that takes the other of the first two axes for time."""
    first, hidden = bound.get("first"), bound.get("hx")
    if not isinstance(first, bool):
        return {}
    name = "with time first" if first else "with the batch first"

    def fresh(state: Tensor) -> Tensor:
        return state.new_zeros((state.shape[0], bound["input"].shape[first], state.shape[2]))

    def do() -> Any:
        states = fresh(hidden) if isinstance(hidden, Tensor) else tuple(map(fresh, hidden or ()))
        return bound["again"](first=not first, hx=states)

    return {name: Alternative(23, do, with_arguments(batch_first=str(not first)))}


def _rounded(bound: Bound) -> Alternatives:
    x = bound["input"]
    others = {"trunc": x.trunc, "floor": x.floor, "round": x.round}
    return {
        f"as {way}": Alternative(27, do, Edit(renamed=way))
        for way, do in others.items()
        if way != bound["kind"]
    }


def _mean(bound: Bound) -> Alternatives:
    return {"as a sum": Alternative(35, lambda: _reduced(bound, "sum"), Edit(renamed="sum"))}


def _sum(bound: Bound) -> Alternatives:
    return {"as a mean": Alternative(35, lambda: _reduced(bound, "mean"), Edit(renamed="mean"))}


def _reduced(bound: Bound, method: str) -> Tensor:
    kept = {k: v for k, v in bound.items() if k in ("dim", "keepdim")}
    reduced: Tensor = getattr(bound["input"], method)(**kept)
    return reduced


def corners(bound: Bound) -> Alternatives:
    """Return resizing or sampling with the corners of both grids aligned, or not."""
    aligned = bool(bound.get("align_corners"))
    name = "without aligned corners" if aligned else "with aligned corners"
    edit = with_arguments(align_corners=str(not aligned))
    return {name: Alternative(33, lambda: bound["again"](align_corners=not aligned), edit)}


_ALTERNATIVES: dict[str, Callable[[Bound], Alternatives]] = {
    "softmax": over_other_axes,
    "log_softmax": over_other_axes,
    "leaky_relu": activation_alternatives.leaky_relu,
    "gelu": activation_alternatives.gelu,
    "erf": activation_alternatives.erf,
    "erfc": activation_alternatives.erfc,
    "tanh": activation_alternatives.tanh,
    "hardsigmoid": activation_alternatives.hardsigmoid,
    "layer_norm": _epsilons(15),
    "batch_norm": _epsilons(13),
    "squeeze": _squeeze,
    "std": _deviation,
    "var": _deviation,
    "pad": _pads,
    "flatten": _flatten,
    "reshape": _reshape,
    "unflatten": _unflatten,
    "scaled_dot_product_attention": _attention,
    "lstm": batch_and_time_exchanged,
    "trunc": _rounded,
    "floor": _rounded,
    "round": _rounded,
    "add": arithmetic_alternatives.add,
    "sqrt": corrections.missing_epsilon,
    "expand": corrections.missing_one_hot,
    "repeat": corrections.missing_one_hot,
    "binary_cross_entropy_with_logits": corrections.exact_cross_entropy,
    "mul": arithmetic_alternatives.mul,
    "div": arithmetic_alternatives.div,
    "mean": _mean,
    "sum": _sum,
    "interpolate": corners,
}
