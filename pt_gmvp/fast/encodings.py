"""Dense layers with relu over whole windows, of which H numbers a position are all that is needed.

Encodings are (W, L, F), the largest arrays of the model. Here each is written once and read where
it must be; the gradient by one, which several uses share, is one product of thin matrices.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from pt_gmvp.config import RESIDUE_STATES
from pt_gmvp.initializers import Dense

# From logits (B, H, L) and what else it takes to scores and attention, (B, H, L+1) each.
Finish = Callable[..., tuple[Tensor, Tensor]]


def pair_logits(layer: Dense, pairwise: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """Encode pairs, and multiply the encodings with a vector for each head.

    A state that no species has at the centre leaves zeros in its 21 columns at every position.
    Among 200 vertebrates a position has some 8 of 21 states, so that most of the dense layer would
    multiply with zeros: here it does not, window by window. Nor is a gradient computed by those
    columns. `counting.relate`, whose results alone this is for, has no use for it: it looks up
    states that species have, and one that has them all at the centre has a gradient of 0.

    Args:
        layer: from 441 or 442 columns to F.
        pairwise: (W, L, 441 or 442), as `counting.relate` gives it.
        keys: (H, F).

    Returns:
        logits (W, H, L), and the encodings (W, L, F), through which no gradient goes.
    """
    return _PairLogits.apply(pairwise, layer.weight, layer.bias, keys)  # type: ignore[no-any-return]


def attended(
    layer: Dense,
    context: Tensor,
    keys: Tensor,
    window: Tensor | None,
    finish: Finish,
    *rest: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Encode neighbours, score them, and sum them by attention.

    Args:
        layer: from the context's columns to F.
        context: (W, L, columns).
        keys: (H, F), or (B, H, F) where each variant has its own: logits are products with them.
        window: (B,) int, the window of each variant; None where each has its own, in order.
        finish: makes scores and attention, (B, H, L+1), of the logits (B, H, L) and `rest`.
        *rest: tensors that `finish` takes, and that gradients shall reach.

    Returns:
        scores, attention, the sums (B, H, F), and the encodings (W, L, F), through which no
        gradient goes.
    """
    # A forward pass of a Function never has gradients enabled, and cannot tell.
    recorded = torch.is_grad_enabled()
    arguments = (context, layer.weight, layer.bias, keys, window, recorded, finish, *rest)
    return _Attended.apply(*arguments)  # type: ignore[no-any-return]


class _PairLogits(Function):
    @staticmethod
    def forward(
        ctx: Any, pairwise: Tensor, weight: Tensor, bias: Tensor, keys: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.columns = _present(pairwise)
        kernel = weight.T.contiguous()
        encoded = pairwise.new_empty(*pairwise.shape[:2], len(weight))
        for window, columns, result in zip(pairwise, ctx.columns, encoded, strict=True):
            filled = window.index_select(1, columns)
            torch.addmm(bias, filled, kernel.index_select(0, columns), out=result)
        encoded.relu_()
        ctx.save_for_backward(pairwise, kernel, keys, encoded)
        ctx.mark_non_differentiable(encoded)
        return (encoded @ keys.T).mT, encoded

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
        pairwise, kernel, keys, encoded = ctx.saved_tensors
        by_logits = gradients[0].mT.flatten(0, 1)
        by_keys = by_logits.T @ encoded.flatten(0, 1)
        by_encoded = _where_positive(encoded, (by_logits @ keys).view_as(encoded))
        by_kernel = torch.zeros_like(kernel)
        by_pairwise = torch.zeros_like(pairwise) if ctx.needs_input_grad[0] else None
        for row, columns in enumerate(ctx.columns):
            filled = pairwise[row].index_select(1, columns)
            by_kernel.index_add_(0, columns, filled.T @ by_encoded[row])
            if by_pairwise is not None:
                found = by_encoded[row] @ kernel.index_select(0, columns).T
                by_pairwise[row].index_copy_(1, columns, found)
        return by_pairwise, by_kernel.T, by_encoded.sum((0, 1)), by_keys


def _present(pairwise: Tensor) -> list[Tensor]:
    """The numbers of the columns, for each window, of which any may be other than zero."""
    squared = RESIDUE_STATES**2
    # At the centre a state that some species have, but not all, has no zero variance.
    center = pairwise[:, pairwise.shape[1] // 2, :squared].unflatten(-1, (RESIDUE_STATES, -1))
    there = (center != 0).any(-1).repeat_interleave(RESIDUE_STATES, 1)
    norm = there.new_ones(len(there), pairwise.shape[-1] - squared)
    return [found.nonzero()[:, 0] for found in torch.cat([there, norm], -1)]


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
        finish: Finish,
        *rest: Tensor,
    ) -> tuple[Tensor, ...]:
        encoded = torch.nn.functional.linear(context, weight, bias).relu_()
        each = encoded if window is None else encoded[window]
        with torch.set_grad_enabled(recorded):
            ctx.given = [x.detach().requires_grad_(recorded) for x in (keys @ each.mT, *rest)]
            ctx.found = finish(*ctx.given)
        scores, attention = (x.detach() for x in ctx.found)
        ctx.save_for_backward(context, weight, keys, window, encoded, attention)
        ctx.mark_non_differentiable(encoded)
        return scores, attention, attention[..., :-1] @ each, encoded

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        context, weight, keys, window, encoded, attention = ctx.saved_tensors
        by_scores, by_attention, by_summed, _ = gradients
        each = encoded if window is None else encoded[window]
        by_attention = by_attention.clone()
        by_attention[..., :-1] += by_summed @ each.mT
        by_logits, *by_rest = torch.autograd.grad(
            ctx.found, ctx.given, [by_scores, by_attention], retain_graph=True
        )
        by_keys = by_logits @ each
        if keys.ndim == 2:
            by_keys = by_keys.sum(0)
        # What the logits give and what the sums give to an encoding, in one product.
        thin = torch.cat([by_logits, attention[..., :-1]], 1).mT
        by_encoded = thin @ torch.cat([keys.expand_as(by_summed), by_summed], 1)
        if window is not None:
            by_encoded = torch.zeros_like(encoded).index_add_(0, window, by_encoded)
        flat = _where_positive(encoded, by_encoded).flatten(0, 1)
        by_context = (flat @ weight).view_as(context) if ctx.needs_input_grad[0] else None
        by_weight = flat.T @ context.flatten(0, 1)
        return by_context, by_weight, flat.sum(0), by_keys, None, None, None, *by_rest


def _where_positive(encoded: Tensor, gradient: Tensor) -> Tensor:
    """Take a gradient, which is overwritten, back through the relu that gave `encoded`."""
    return torch.ops.aten.threshold_backward.grad_input(
        gradient, encoded, 0, grad_input=gradient
    )
