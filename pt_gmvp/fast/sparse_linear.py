"""A dense layer over pair features, of which it leaves out what is zero in a whole window."""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from pt_gmvp.config import RESIDUE_STATES
from pt_gmvp.initializers import Dense


def pair_linear(layer: Dense, pairwise: Tensor) -> Tensor:
    """Compute what `layer(pairwise)` does, (B, L, F), window by window.

    A state that no species has at the centre has zeros in its 21 columns at every position. Among
    200 vertebrates a position has some 8 of 21 states, so that most of the product is zeros. No
    gradient is computed by those columns either: `counting.relate`, whose results alone this is
    for, does not ask for it, as a species would have to be in that state.

    Args:
        layer: from 441 or 442 columns to F.
        pairwise: (B, L, 441 or 442), as `counting.relate` gives it.
    """
    return _PairLinear.apply(pairwise, layer.weight, layer.bias)  # type: ignore[no-any-return]


class _PairLinear(Function):
    @staticmethod
    def forward(ctx: Any, pairwise: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.columns = _present(pairwise)
        ctx.save_for_backward(pairwise, weight)
        kernel = weight.T.contiguous()
        out = pairwise.new_empty(*pairwise.shape[:2], len(weight))
        for window, columns, result in zip(pairwise, ctx.columns, out, strict=True):
            torch.addmm(bias, window[:, columns], kernel[columns], out=result)
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        pairwise, weight = ctx.saved_tensors
        (gradient,) = gradients
        kernel = weight.T.contiguous()
        by_kernel = torch.zeros_like(kernel)
        by_pairwise = torch.zeros_like(pairwise) if ctx.needs_input_grad[0] else None
        for row, columns in enumerate(ctx.columns):
            by_kernel.index_add_(0, columns, pairwise[row][:, columns].T @ gradient[row])
            if by_pairwise is not None:
                by_pairwise[row][:, columns] = gradient[row] @ kernel[columns].T
        return by_pairwise, by_kernel.T, gradient.sum((0, 1))


def _present(pairwise: Tensor) -> list[Tensor]:
    """The numbers of the columns, for each window, of which any may be other than zero."""
    squared = RESIDUE_STATES**2
    square = pairwise[..., :squared].unflatten(-1, (RESIDUE_STATES, -1))
    there = (square != 0).any(3).any(1)
    columns = torch.nn.functional.pad(
        there.repeat_interleave(RESIDUE_STATES, 1), (0, pairwise.shape[-1] - squared), value=True
    )
    return [found.nonzero()[:, 0] for found in columns]
