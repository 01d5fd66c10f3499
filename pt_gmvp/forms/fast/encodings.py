"""Dense layers with relu over whole windows, of which only H numbers per position are needed.

Encodings are (W, L, F), the largest arrays of the model. Here each is written once and read as
rarely as possible; its gradient, shared by several uses, is one product of thin matrices.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from pt_gmvp.initializers import Dense

threshold_backward = torch.ops.aten.threshold_backward

# From logits (B, H, L) and further tensors to scores and attention, (B, H, L+1) each.
Finish = Callable[..., tuple[Tensor, Tensor]]


def attended(
    layer: Dense,
    context: Tensor,
    learnt: slice | None,
    keys: Tensor,
    window: Tensor | None,
    finish: Finish,
    *rest: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Encode neighbours, score them, and sum them by attention.

    Args:
        layer: from the context's columns to F.
        context: (W, L, columns).
        learnt: the only columns of it that get gradients; None for all.
        keys: (H, F), or (B, H, F) if each variant has its own: logits are products with them.
        window: (B,) int, the window of each variant; None if each has its own, in order.
        finish: makes scores and attention, (B, H, L+1), of the logits (B, H, L) and `rest`.
        *rest: further tensors for `finish`, which get gradients.

    Returns:
        scores, attention, the sums (B, H, F), and the encodings (W, L, F), which pass no gradient
        on.
    """
    # In the forward pass of a Function gradients are always disabled.
    recorded = torch.is_grad_enabled()
    arguments = (context, layer.weight, layer.bias, keys, window, recorded, learnt, finish, *rest)
    return _Attended.apply(*arguments)  # type: ignore[no-any-return, no-untyped-call]


class _Attended(Function):
    @staticmethod
    def forward(
        ctx: Any,
        context: Tensor,
        weight: Tensor,
        bias: Tensor,
        keys: Tensor,
        window: Tensor | None,
        recorded: bool,
        learnt: slice | None,
        finish: Finish,
        *rest: Tensor,
    ) -> tuple[Tensor, ...]:
        encoded = functional.linear(context, weight, bias).relu_()
        each = encoded if window is None else encoded[window]
        asked = [recorded and any(ctx.needs_input_grad[:4]), *ctx.needs_input_grad[8:]]
        with torch.set_grad_enabled(recorded):
            given = [x.detach() for x in (keys @ each.mT, *rest)]
            for x, needed in zip(given, asked, strict=True):
                x.requires_grad_(recorded and needed)
            ctx.given, ctx.found = given, finish(*given)
        ctx.learnt = learnt
        scores, attention = (x.detach() for x in ctx.found)
        ctx.save_for_backward(context, weight, keys, window, encoded, attention)
        ctx.mark_non_differentiable(encoded)
        # Otherwise zeros would be allocated for the encodings' gradient.
        ctx.set_materialize_grads(False)
        return scores, attention, attention[..., :-1] @ each, encoded

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        context, weight, keys, window, encoded, attention = ctx.saved_tensors
        by_scores, by_attention, by_summed, _ = gradients
        each = encoded if window is None else encoded[window]
        if by_summed is None:
            by_summed = keys.new_zeros(len(attention), *keys.shape[-2:])
        by_sums = functional.pad(by_summed @ each.mT, (0, 1))
        by_attention = by_sums if by_attention is None else by_attention + by_sums
        outputs = ctx.found if by_scores is not None else ctx.found[1:]
        given = [x for x in (by_scores, by_attention) if x is not None]
        asked = [x for x in ctx.given if x.requires_grad]
        found = iter(torch.autograd.grad(outputs, asked, given, retain_graph=True))
        by_logits, *by_rest = (next(found) if x.requires_grad else None for x in ctx.given)
        assert by_logits is not None
        by_keys = by_logits @ each
        if keys.ndim == 2:
            by_keys = by_keys.sum(0)
        # The encodings' gradient through logits and through sums, in one product.
        thin = torch.cat([by_logits, attention[..., :-1]], 1).mT
        by_encoded = thin @ torch.cat([keys.expand_as(by_summed), by_summed], 1)
        if window is not None:
            by_encoded = torch.zeros_like(encoded).index_add_(0, window, by_encoded)
        flat = threshold_backward(by_encoded, encoded, 0).flatten(0, 1)
        by_context = None
        if ctx.needs_input_grad[0]:
            by_context = _by_columns(flat, weight, ctx.learnt).view_as(context)
        # Not the transposed product: this one reads the wider factor by rows.
        by_weight = (context.flatten(0, 1).T @ flat).T
        return by_context, by_weight, flat.sum(0), by_keys, None, None, None, None, *by_rest


def _by_columns(by_sums: Tensor, weight: Tensor, learnt: slice | None) -> Tensor:
    """Return the gradient by the layer's input (rows, columns), 0 for columns not learnt from."""
    if learnt is None:
        return by_sums @ weight
    gradient = by_sums.new_zeros(len(by_sums), weight.shape[1])
    gradient[:, learnt] = (weight[:, learnt].T @ by_sums.T).T
    return gradient
