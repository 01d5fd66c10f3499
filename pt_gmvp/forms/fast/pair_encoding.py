"""Dense layer with relu over pair features that are sparse numbers minus a product.

With C = B - d[c] d[j]^T (`counting`), the product of a position's pair features and a kernel W is

    C_j W = B_j W + d_j M,    M[b] = - sum_a d[c][a] W[a, b],

where B_j has about 13 nonzero numbers of 441, and M has 21 rows for all positions of a window. The
norm and the bias are two more columns next to d_j.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from converters.columns import RESIDUE_STATES
from pt_gmvp.forms.fast.counting import Related
from pt_gmvp.initializers import Dense

threshold_backward = torch.ops.aten.threshold_backward
_LANES = 8  # numbers in a vector of most CPUs


def pair_kernel(layer: Dense) -> Tensor:
    """Return a weight (F, 441 or 442) transposed in memory, (441 or 442, F)."""
    return layer.weight.T.contiguous()


def encode_pairs(kernel: Tensor, bias: Tensor, related: Related) -> Tensor:
    """Encode pair features, (W, L, F).

    Args:
        kernel: (441, F), or (442, F) with a norm; made by `pair_kernel`.
        bias: (F,).
        related: of W windows.
    """
    if kernel.device.type != "cpu":
        return functional.linear(related.dense().to(kernel.dtype), kernel.T, bias).relu()
    values = (related.counted, *(related.factors or (None, None)), related.norm)
    in_dtype = (None if x is None else x.to(kernel.dtype) for x in values)
    # In the forward pass of a Function gradients are always disabled.
    recorded, shape = torch.is_grad_enabled(), related.frequencies.shape[:2]
    arguments = (kernel, bias, *in_dtype, related.positions, related.columns)
    return _EncodePairs.apply(recorded, shape, *arguments)  # type: ignore[no-any-return, no-untyped-call]


class _EncodePairs(Function):
    @staticmethod
    def forward(
        ctx: Any,
        recorded: bool,
        shape: tuple[int, int],
        kernel: Tensor,
        bias: Tensor,
        counted: Tensor,
        at_center: Tensor | None,
        at_positions: Tensor | None,
        norm: Tensor | None,
        positions: Tensor,
        columns: Tensor,
    ) -> Tensor:
        pairs = kernel[: RESIDUE_STATES**2]
        starts = torch.searchsorted(positions, torch.arange(shape[0] * shape[1] + 1))
        with torch.set_grad_enabled(recorded):
            given = counted.detach().requires_grad_(recorded)
            summed = _weighted_sums(pairs.detach(), columns, starts, given)
        factors, rows = _dense_part(shape, kernel, bias, at_center, at_positions, norm)
        encoded = summed.detach().view(*shape, -1)
        encoded.baddbmm_(factors, rows).relu_()
        ctx.given, ctx.summed = given, summed
        ctx.save_for_backward(kernel, factors, rows, at_center, positions, columns, encoded)
        ctx.normed = norm is not None
        return encoded

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_encoded: Tensor) -> tuple[Tensor | None, ...]:
        kernel, factors, rows, at_center, positions, columns, encoded = ctx.saved_tensors
        states = RESIDUE_STATES
        by_sums = threshold_backward(by_encoded, encoded, 0)
        flat = by_sums.flatten(0, 1)
        by_factors = (rows @ by_sums.mT).mT
        by_rows = factors.mT @ by_sums
        (by_counted,) = torch.autograd.grad(ctx.summed, ctx.given, flat, retain_graph=True)
        # As int16, which is sorted quickly by counting.
        order = columns.to(torch.int16).argsort(stable=True)
        starts = torch.searchsorted(columns[order], torch.arange(states**2 + 1))
        by_kernel = torch.empty_like(kernel)
        by_pairs = _weighted_sums(flat, positions[order], starts, ctx.given.detach()[order])
        by_center = None
        if at_center is not None:
            by_means = by_rows[:, -states:].flatten(1)
            by_center = -by_means @ kernel[: states**2].view(states, -1).T
            by_pairs.view(states, -1).addmm_(at_center.T, by_means, alpha=-1)
        by_kernel[: states**2] = by_pairs
        if ctx.normed:
            by_kernel[states**2] = by_rows[:, 1].sum(0)
        by_norm = by_factors[..., 1] if ctx.normed else None
        by_positions = by_factors[..., -states:] if at_center is not None else None
        by_bias = by_rows[:, 0].sum(0)
        values = (by_counted, by_center, by_positions, by_norm)
        return None, None, by_kernel, by_bias, *values, None, None


def _dense_part(
    shape: tuple[int, int],
    kernel: Tensor,
    bias: Tensor,
    at_center: Tensor | None,
    at_positions: Tensor | None,
    norm: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Return factors (W, L, k) and rows (W, k, F) whose product is all but B.

    First 1 for the bias, then the norm, last d; between them zeros that make k a multiple of 8,
    without which the product takes twice as long.
    """
    windows, states = shape[0], RESIDUE_STATES
    factors, rows = [kernel.new_ones(*shape, 1)], [bias.expand(windows, 1, -1)]
    if norm is not None:
        factors.append(norm[..., None])
        rows.append(kernel[states**2].expand(windows, 1, -1))
    if at_center is not None and at_positions is not None:
        means = at_center @ kernel[: states**2].view(states, -1)
        spare = -(len(factors) + states) % _LANES
        factors += [kernel.new_zeros(*shape, spare), at_positions]
        rows += [kernel.new_zeros(windows, spare, kernel.shape[1])]
        rows += [means.neg_().view(windows, states, -1)]
    return torch.cat(factors, -1), torch.cat(rows, 1)


def _weighted_sums(table: Tensor, rows: Tensor, starts: Tensor, weights: Tensor) -> Tensor:
    """Sum weighted rows of a table in runs that begin at `starts`, whose last entry is the end."""
    return functional.embedding_bag(
        rows, table, starts, mode="sum", per_sample_weights=weights, include_last_offset=True
    )
