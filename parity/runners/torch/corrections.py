"""Alternatives that correct a wrong port, and make no sense as a bug planted in a correct one."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from parity.declaring.source_edits import Edit
from parity.runners.torch.operations import Alternative, Alternatives, Bound


def missing_epsilon(bound: Bound) -> Alternatives:
    """Return a root with an epsilon added before or after it, which a port may have omitted."""
    x, found = bound["input"], {}
    for eps in (1e-12, 1e-8, 1e-7, 1e-6, 1e-5):
        found[f"with {eps:g} beside it"] = Alternative(
            28, partial(_root, x, 0.0, eps), Edit(after=f"{{call}} + {eps!r}")
        )
        found[f"with {eps:g} beneath it"] = Alternative(
            28, partial(_root, x, eps, 0.0), Edit(before=f"{{input}} + {eps!r}")
        )
    return found


def _root(x: Tensor, beneath: float, beside: float) -> Tensor:
    return (x + beneath).sqrt() + beside


def missing_one_hot(bound: Bound) -> Alternatives:
    """Return the one-hot encoding of codes that a port repeats along their last axis instead.

    Only for integral numbers whose last axis of size 1 becomes longer. A code out of range gives
    zeros, as in TensorFlow.
    """
    x = bound["input"]
    if not x.ndim or x.shape[-1] != 1 or x.is_complex() or x.dtype == torch.bool:
        return {}
    wide = bound["again"]()
    if wide.shape[-1] < 2 or not bool((x == x.trunc()).all()):
        return {}

    def one_hot() -> Tensor:
        chosen: Tensor = wide == torch.arange(wide.shape[-1], device=x.device)
        return chosen.to(x.dtype)

    return {"as one-hot": Alternative(17, one_hot)}


_REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": torch.mean,
    "sum": torch.sum,
    "none": lambda loss: loss,
}


def exact_cross_entropy(bound: Bound) -> Alternatives:
    """Return the cross-entropy whose gradient stays accurate where the model is confident.

    torch's own gradient is sigmoid(logit) - label, in which nearly all digits cancel there.
    """
    logits, labels = bound["input"], bound["target"]
    plain = all(
        bound.get(name) is None for name in ("weight", "size_average", "reduce", "pos_weight")
    )
    if not plain or logits.shape != labels.shape:
        return {}

    def by_softplus() -> Tensor:
        terms = labels * functional.softplus(-logits) + (1 - labels) * functional.softplus(logits)
        return _REDUCTIONS[bound.get("reduction", "mean")](terms)

    return {"by softplus": Alternative(None, by_softplus)}
