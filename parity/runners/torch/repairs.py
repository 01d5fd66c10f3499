"""What a wrong port should have called: ways that undo a mistake, and are none in a right port."""

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from parity.runners.torch.arguments import Bound
from parity.runners.torch.other import Other, Ways


def root(bound: Bound) -> Ways:
    """An epsilon that may have been left out, beneath the root or beside it."""
    x, found = bound["input"], {}
    for eps in (1e-12, 1e-8, 1e-7, 1e-6, 1e-5):
        found[f"with {eps:g} beside it"] = Other(28, partial(_rooted, x, 0.0, eps))
        found[f"with {eps:g} beneath it"] = Other(28, partial(_rooted, x, eps, 0.0))
    return found


def _rooted(x: Tensor, beneath: float, beside: float) -> Tensor:
    return (x + beneath).sqrt() + beside


def spread_codes(bound: Bound) -> Ways:
    """Whole numbers written n times beside each other, where n states were wanted, one of them 1.

    Only if an axis of size 1 comes last and becomes n. What is no state gives zeros, as in
    TensorFlow.
    """
    x = bound["input"]
    if not x.ndim or x.shape[-1] != 1 or x.is_complex() or x.dtype == torch.bool:
        return {}
    wide = bound["again"]()
    if wide.shape[-1] < 2 or not bool((x == x.trunc()).all()):
        return {}

    def one_hot() -> Tensor:
        states = torch.arange(wide.shape[-1], device=x.device)
        chosen: Tensor = wide == states
        return chosen.to(x.dtype)

    return {"as one-hot": Other(17, one_hot)}


_REDUCED: dict[str, Any] = {"mean": torch.mean, "sum": torch.sum, "none": lambda loss: loss}


def cross_entropy(bound: Bound) -> Ways:
    """The cross-entropy whose gradient keeps its digits where the model is sure, and right.

    torch's own has sigmoid(logit) - label, in which nearly all of them cancel.
    """
    logits, labels = bound["input"], bound["target"]
    plain = all(
        bound.get(name) is None for name in ("weight", "size_average", "reduce", "pos_weight")
    )
    if not plain or logits.shape != labels.shape:
        return {}

    def by_softplus() -> Any:
        terms = labels * functional.softplus(-logits) + (1 - labels) * functional.softplus(logits)
        return _REDUCED[bound.get("reduction", "mean")](terms)

    return {"by softplus": Other(None, by_softplus)}
