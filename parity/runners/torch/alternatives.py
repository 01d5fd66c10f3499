"""PyTorch operations that ports confuse, and the other ways in which each might have been done."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from parity.runners.torch import activations, repairs
from parity.runners.torch.arguments import Bound
from parity.runners.torch.other import Other, Ways


def ways(kind: str, bound: Bound) -> Ways:
    """The other ways to do a call, by name; empty where there is none."""
    found = _WAYS.get(kind)
    return found(bound) if found else {}


def _axes(bound: Bound) -> Ways:
    x, dim = bound["input"], bound.get("dim")
    if dim is None:
        return {}
    others = [axis for axis in range(x.ndim) if axis != dim % x.ndim]
    return {
        f"over axis {axis} of {x.ndim}": Other(23, partial(bound["again"], dim=axis))
        for axis in others
    }


def _epsilons(number: int) -> Callable[[Bound], Ways]:
    def found(bound: Bound) -> Ways:
        held = bound.get("eps", 1e-5)
        others = {
            f"with epsilon {eps:g}": Other(number, partial(bound["again"], eps=eps))
            for eps in (1e-3, 1e-5, 1e-6, 1e-12)
            if not math.isclose(eps, held)
        }
        if "running_mean" in bound:
            training = bool(bound.get("training"))
            name = "in evaluation" if training else "in training"
            others[name] = Other(37, lambda: _normalised(bound, not training))
        return others

    return found


def _normalised(bound: Bound, training: bool) -> Tensor:
    """In the other mode, on copies of the running statistics."""
    mean, var = (bound[name].clone() for name in ("running_mean", "running_var"))
    normed: Tensor = bound["again"](training=training, running_mean=mean, running_var=var)
    return normed


def _squeeze(bound: Bound) -> Ways:
    if "dim" not in bound:
        return {}
    return {"without an axis": Other(24, lambda: bound["input"].squeeze())}


def _spread(bound: Bound) -> Ways:
    biased = bound.get("unbiased") is False or bound.get("correction") == 0
    kept = {k: v for k, v in bound.items() if k in ("dim", "keepdim")}
    correction = 1 if biased else 0
    name = f"with correction {correction}"

    def do() -> Tensor:
        spread: Tensor = getattr(bound["input"], bound["kind"])(correction=correction, **kept)
        return spread

    return {name: Other(25, do)}


def _pads(bound: Bound) -> Ways:
    """One row or column moved from one side of an axis to the other."""
    sizes = list(bound["pad"])
    found: Ways = {}
    for axis in range(len(sizes) // 2):
        for off, on in ((2 * axis, 2 * axis + 1), (2 * axis + 1, 2 * axis)):
            if sizes[off] > 0:
                moved = list(sizes)
                moved[off] -= 1
                moved[on] += 1
                found[f"by {moved}"] = Other(16, partial(bound["again"], pad=moved))
    return found


def _flatten(bound: Bound) -> Ways:
    x = bound["input"]
    if bound.get("start_dim", 0) != 1 or bound.get("end_dim", -1) not in (-1, x.ndim - 1):
        return {}
    if sum(size > 1 for size in x.shape[1:]) < 2:
        return {}
    found = {"with the last axis first": Other(32, lambda: x.movedim(-1, 1).flatten(1))}
    if x.ndim > 3:
        found["with the first axis last"] = Other(32, lambda: x.movedim(1, -1).flatten(1))
    return found


def _split(x: Tensor, dim: int, sizes: tuple[int, ...]) -> Ways:
    if len(sizes) != 2 or min(sizes) < 2:
        return {}

    at = dim % x.ndim
    turned = (*x.shape[:at], *sizes[::-1], *x.shape[at + 1 :])
    return {
        "with the two axes in the other order": Other(
            1, lambda: x.reshape(turned).transpose(at, at + 1)
        )
    }


def _reshape(bound: Bound) -> Ways:
    x, shape = bound["input"], tuple(bound["shape"])
    if len(shape) != x.ndim + 1 or -1 in shape or tuple(x.shape[:-1]) != shape[: x.ndim - 1]:
        return {}
    return _split(x, x.ndim - 1, shape[-2:])


def _unflatten(bound: Bound) -> Ways:
    x = bound["input"]
    return _split(x, bound["dim"] % x.ndim, tuple(bound["sizes"]))


def _attention(bound: Bound) -> Ways:
    mask, depth = bound.get("attn_mask"), bound["query"].shape[-1]
    found = {
        "not scaled": Other(None, lambda: bound["again"](scale=1.0)),
        "scaled by the depth, not its root": Other(None, lambda: bound["again"](scale=1 / depth)),
        "scaled by the root of the depth": Other(None, lambda: bound["again"](scale=depth**-0.5)),
    }
    scale = bound.get("scale") or depth**-0.5
    held = {1.0: 0, 1 / depth: 1, depth**-0.5: 2}.get(scale, 2)
    found.pop(list(found)[held])
    if mask is not None:
        found["without its mask"] = Other(22, lambda: bound["again"](attn_mask=None))
        if mask.dtype == torch.bool:
            found["with its mask inverted"] = Other(22, lambda: bound["again"](attn_mask=~mask))
    return found


def _batch_first(bound: Bound) -> Ways:
    if not isinstance(bound.get("first"), bool):
        return {}
    name = "with time first" if bound["first"] else "with the batch first"

    def do() -> Any:
        hidden = tuple(
            state.new_zeros((state.shape[0], bound["input"].shape[bound["first"]], state.shape[2]))
            for state in bound["hx"]
        )
        return bound["again"](first=not bound["first"], hx=hidden)

    return {name: Other(23, do)}


def _rounded(bound: Bound) -> Ways:
    x = bound["input"]
    others = {"trunc": x.trunc, "floor": x.floor, "round": x.round}
    return {f"as {way}": Other(27, do) for way, do in others.items() if way != bound["kind"]}


def _scalar(bound: Bound) -> float | None:
    other = bound.get("other")
    return float(other) if isinstance(other, (int, float)) and not isinstance(other, bool) else None


def _add(bound: Bound) -> Ways:
    added = _scalar(bound)
    if added is None or not 0 < abs(added) <= 1e-5:
        return {}
    return {"left out": Other(28, lambda: bound["input"] + 0.0)}


def _mul(bound: Bound) -> Ways:
    x, factor = bound["input"], _scalar(bound)
    if factor is None:
        return {}
    found: Ways = {}
    if factor == -math.inf or -1e4 < factor <= -10:
        # What a mask is times; these two are too much and too little.
        for large in (-1e9, -1e12):
            found[f"by {large:g}"] = Other(22, partial(torch.mul, x, large))
    elif abs(factor) >= 1e4:
        found["by minus infinity"] = Other(22, lambda: x * -math.inf)
        found["by -10"] = Other(22, lambda: x * -10.0)
        found["with the other sign"] = Other(22, lambda: x * -factor)
    if math.isclose(factor, 0.2, rel_tol=1e-6):
        found["by 1/6"] = Other(21, lambda: x / 6)
    return found


def _div(bound: Bound) -> Ways:
    divisor = _scalar(bound)
    if divisor is None or divisor <= 1:
        return {}
    x = bound["input"]
    found = {
        "by the square": Other(None, lambda: x / divisor**2),
        "by the root": Other(None, lambda: x / divisor**0.5),
    }
    if divisor in (5, 6):
        found[f"by {11 - divisor:g}"] = Other(21, lambda: x / (11 - divisor))
    return found


def _mean(bound: Bound) -> Ways:
    return {"as a sum": Other(35, lambda: _reduced(bound, "sum"))}


def _sum(bound: Bound) -> Ways:
    return {"as a mean": Other(35, lambda: _reduced(bound, "mean"))}


def _reduced(bound: Bound, method: str) -> Tensor:
    kept = {k: v for k, v in bound.items() if k in ("dim", "keepdim")}
    reduced: Tensor = getattr(bound["input"], method)(**kept)
    return reduced


def _corners(bound: Bound) -> Ways:
    aligned = bool(bound.get("align_corners"))
    name = "without aligned corners" if aligned else "with aligned corners"
    return {name: Other(33, lambda: bound["again"](align_corners=not aligned))}


_WAYS: dict[str, Callable[[Bound], Ways]] = {
    "softmax": _axes,
    "log_softmax": _axes,
    "leaky_relu": activations.slopes,
    "gelu": activations.gelu,
    "erf": activations.erf,
    "erfc": activations.erfc,
    "tanh": activations.tanh,
    "hardsigmoid": activations.hardsigmoid,
    "layer_norm": _epsilons(15),
    "batch_norm": _epsilons(13),
    "squeeze": _squeeze,
    "std": _spread,
    "var": _spread,
    "pad": _pads,
    "flatten": _flatten,
    "reshape": _reshape,
    "unflatten": _unflatten,
    "scaled_dot_product_attention": _attention,
    "lstm": _batch_first,
    "trunc": _rounded,
    "floor": _rounded,
    "round": _rounded,
    "add": _add,
    "sqrt": repairs.root,
    "expand": repairs.spread_codes,
    "repeat": repairs.spread_codes,
    "binary_cross_entropy_with_logits": repairs.cross_entropy,
    "mul": _mul,
    "div": _div,
    "mean": _mean,
    "sum": _sum,
    "interpolate": _corners,
}
