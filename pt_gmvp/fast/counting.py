"""Joint frequencies by counting: each species adds its weight to one cell for each position.

A product of one-hot vectors has a single 1 among its 21 x 21 numbers. To sum such products over
species takes as many additions as there are species; to multiply them out, 441 times as many.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from pt_gmvp.config import RESIDUE_STATES

# One state more, for residues that are none: what is counted there is never read.
_CELLS = RESIDUE_STATES + 1
# Windows whose tables are made at a time: those of a core's cache, so that none goes to memory.
_WINDOWS = 8


def states(x: Tensor) -> Tensor:
    """Codes truncated toward 0 as int64; those outside of 0 to 20, and NaN, become 21."""
    return torch.where(x > -1, x, RESIDUE_STATES).clamp(max=RESIDUE_STATES).to(torch.int64)


def relate(codes: Tensor, weights: Tensor, centered: bool, normed: int) -> tuple[Tensor, Tensor]:
    """Weighted frequencies of every position, and how each varies with the centre.

    With J = sum_n s_n X_n[c] X_n[j]^T, f = sum_n s_n X_n and S = sum_n s_n, which rounding keeps
    from 1,

        sum_n s_n (X_n[c] - f[c]) (X_n[j] - f[j])^T = J - (2 - S) f[c] f[j]^T.

    J and f are counted, and subtracted, in float64: where nearly all species agree the two terms
    nearly do. The gradient by s_n, with G that by the result, is

        (X_n[c] - f[c])^T G (X_n[j] - f[j])

    summed over positions, as s_n's part in f meets sums of deviations, which are 0 where S is 1:
    what is asked of the weights. Its four terms are cells looked up, or the same for all n.

    Args:
        codes: (B, L, N), residue codes as they come in a feature matrix; no gradient reaches them.
        weights: (N,), summing to 1, in the dtype of the results.
        centered: whether to subtract f[c] f[j]^T.
        normed: if not 0, append the root of the sum of squares over the first so many states of
            either position, plus 1e-12.

    Returns:
        frequencies (B, L, 21), and (B, L, 441) or, with the norm, (B, L, 442), the centre's state
        slow.
    """
    return _Relate.apply(codes, weights, centered, normed)  # type: ignore[no-any-return]


class _Relate(Function):
    """`relate`, a few windows at a time; the backward pass counts anew what it needs."""

    @staticmethod
    def forward(
        ctx: Any, codes: Tensor, weights: Tensor, centered: bool, normed: int
    ) -> tuple[Tensor, Tensor]:
        batch, window, _ = codes.shape
        squared = RESIDUE_STATES**2
        frequencies = weights.new_empty(batch, window, RESIDUE_STATES)
        related = weights.new_empty(batch, window, squared + (normed > 0))
        exact = weights.double()
        for some in _slices(batch):
            joint = _counted(_cells(states(codes[some])), exact)
            every = joint.sum(2)[..., :RESIDUE_STATES]
            joint = joint[..., :RESIDUE_STATES, :RESIDUE_STATES]
            if centered:
                center = every[:, window // 2] * (exact.sum() - 2)
                joint.addcmul_(center[:, None, :, None], every[:, :, None, :])
            frequencies[some] = every
            square = related[some][..., :squared].unflatten(-1, (RESIDUE_STATES, -1))
            square.copy_(joint)
            if normed:
                sizes = torch.linalg.vector_norm(square[..., :normed, :normed], dim=(-2, -1))
                # The root of size^2 + NORM_EPSILON, the square of this.
                related[some][..., squared] = torch.hypot(sizes, sizes.new_tensor(1e-6))
        ctx.save_for_backward(codes, frequencies, related)
        ctx.centered, ctx.normed = centered, normed
        return frequencies, related

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor | None, None, None]:
        codes, frequencies, related = ctx.saved_tensors
        by_frequencies, by_related = gradients
        gradient = frequencies.new_zeros(codes.shape[-1], dtype=torch.float64)
        for some in _slices(len(codes)):
            found = states(codes[some])
            square = _by_square(by_related[some], related[some], ctx.normed)
            every = frequencies[some]
            by_state = by_frequencies[some]
            if ctx.centered:
                center = every[:, every.shape[1] // 2]
                by_state = by_state - torch.einsum("bx,blxy->bly", center, square)
                by_center = torch.einsum("blxy,bly->bx", square, every)
                at_center = found[:, found.shape[1] // 2]
                looked_up = _padded(by_center).gather(1, at_center)
                gradient += (by_center * center).sum() - looked_up.sum(0)
            gradient += _looked_up(square, by_state, found)
        return None, gradient.to(frequencies.dtype), None, None


def _slices(batch: int) -> list[slice]:
    return [slice(start, start + _WINDOWS) for start in range(0, batch, _WINDOWS)]


def _cells(found: Tensor) -> Tensor:
    """Number the cell of each species, the centre's state slow, (B, L, N), of states (B, L, N)."""
    return found[:, found.shape[1] // 2, None] * _CELLS + found


def _counted(cells: Tensor, weights: Tensor) -> Tensor:
    """Sum the weights (N,) of the species in each cell, (B, L, 22, 22)."""
    table = weights.new_zeros(*cells.shape[:2], _CELLS**2)
    table.scatter_add_(2, cells, weights.expand(cells.shape))
    return table.unflatten(-1, (_CELLS, _CELLS))


def _by_square(gradient: Tensor, related: Tensor, normed: int) -> Tensor:
    """Gradient by the 21 x 21 numbers, (B, L, 21, 21), that by their norm among it."""
    squared = RESIDUE_STATES**2
    square = gradient[..., :squared].unflatten(-1, (RESIDUE_STATES, -1))
    if not normed:
        return square
    square = square.clone()
    values = related[..., :squared].unflatten(-1, (RESIDUE_STATES, -1))
    by_norm = (gradient[..., squared] / related[..., squared])[..., None, None]
    square[..., :normed, :normed].addcmul_(values[..., :normed, :normed], by_norm)
    return square


def _padded(by_state: Tensor) -> Tensor:
    """Append a 0 for residues that are none."""
    return torch.nn.functional.pad(by_state, (0, 1))


def _looked_up(square: Tensor, by_state: Tensor, found: Tensor) -> Tensor:
    """Sum over positions what each species has in the cells that it was counted in, (N,)."""
    table = square.new_zeros(*square.shape[:2], _CELLS, _CELLS)
    table[..., :RESIDUE_STATES] = by_state[:, :, None]
    table[..., :RESIDUE_STATES, :RESIDUE_STATES] += square
    return table.flatten(2).gather(2, _cells(found)).sum((0, 1))
