"""Joint frequencies by counting: each species adds its weight to one cell for each position.

A product of one-hot vectors has a single 1 among its 21 x 21 numbers. To sum such products over
species takes as many additions as there are species; to multiply them out, 441 times as many. And a
state that no species has at the centre, as most, leaves 21 zeros at every position: such states are
left out, here and in the layer that reads the result.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from pt_gmvp.config import RESIDUE_STATES

# One state more, for residues that are none: what is counted there is never read.
_CELLS = RESIDUE_STATES + 1


class Related(NamedTuple):
    """How positions vary with the centre, by those of the centre's states that there are.

    frequencies: (B, L, 21).
    values: (B, L, K * 21), or one more with a norm: for each of K states, the 21 of a position.
    columns: (B, K * 21) or one more, which columns of all 441 or 442 these are; 442 for none.
    """

    frequencies: Tensor
    values: Tensor
    columns: Tensor

    def dense(self) -> Tensor:
        """All columns, (B, L, 441) or, with a norm, (B, L, 442)."""
        normed = self.values.shape[-1] % RESIDUE_STATES
        shape = (*self.values.shape[:2], RESIDUE_STATES**2 + 2)
        columns = self.columns[:, None].expand_as(self.values)
        every = self.values.new_zeros(shape).scatter(2, columns, self.values)
        return every[..., : RESIDUE_STATES**2 + normed]


def states(codes: Tensor) -> Tensor:
    """Codes truncated toward 0 as int64; those outside of 0 to 20, and NaN, become 21."""
    return torch.where(codes > -1, codes, RESIDUE_STATES).clamp(max=RESIDUE_STATES).to(torch.int64)


def present(center: Tensor) -> Tensor:
    """Tell which of 21 states the species have, (B, 21) bool, of their states (B, N)."""
    there = torch.zeros(len(center), _CELLS, dtype=torch.bool, device=center.device)
    return there.scatter_(1, center, True)[:, :RESIDUE_STATES]


def relate(codes: Tensor, weights: Tensor, centered: bool, normed: int) -> Related:
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
    """
    found = states(codes)
    center = found[:, found.shape[1] // 2]
    if codes.device.type == "cpu":
        chosen, ranks = _compact(present(center))
    else:
        # An accelerator would have to be waited for, to say how many there are.
        chosen = torch.arange(RESIDUE_STATES, device=codes.device).expand(len(codes), -1)
        ranks = torch.arange(_CELLS, device=codes.device).expand(len(codes), -1)
    cells = ranks.gather(1, center)[:, None] * _CELLS + found
    arguments = (cells, chosen, weights, centered, normed)
    frequencies, values = _Relate.apply(*arguments)  # type: ignore[no-untyped-call]
    columns = chosen[..., None] * RESIDUE_STATES
    columns = columns + torch.arange(RESIDUE_STATES, device=codes.device)
    # One column beyond the norm's is none.
    columns = columns.where(chosen[..., None] < RESIDUE_STATES, RESIDUE_STATES**2 + 1).flatten(1)
    if normed:
        columns = functional.pad(columns, (0, 1), value=RESIDUE_STATES**2)
    return Related(frequencies, values, columns)


def _compact(there: Tensor) -> tuple[Tensor, Tensor]:
    """Number the states that are there, (B, 21) bool.

    Returns the states by number (B, K), 21 where there are fewer than K, and the number of each
    state (B, 22), K for residues that are none.
    """
    most = int(there.sum(1).max()) if len(there) else 0
    ranks = functional.pad(there.cumsum(1) - 1, (0, 1), value=most)
    numbers = torch.where(there, ranks[:, :-1], most)
    chosen = torch.full((len(there), most + 1), RESIDUE_STATES)
    # What is not there all goes into the last column, which is cut off.
    chosen.scatter_(1, numbers, torch.arange(RESIDUE_STATES).expand_as(numbers))
    return chosen[:, :most], ranks


class _Relate(Function):
    """Frequencies and values of `relate`, from the number of each species' cell, (B, L, N)."""

    @staticmethod
    def forward(
        ctx: Any, cells: Tensor, chosen: Tensor, weights: Tensor, centered: bool, normed: int
    ) -> tuple[Tensor, Tensor]:
        batch, window, _ = cells.shape
        number = chosen.shape[1]
        exact = weights.double()
        table = exact.new_zeros(batch, window, (number + 1) * _CELLS)
        table.scatter_add_(2, cells, exact.expand(cells.shape))
        table = table.view(batch, window, number + 1, _CELLS)
        every = table.sum(2)[..., :RESIDUE_STATES]
        joint = table[..., :number, :RESIDUE_STATES]
        if centered:
            center = _at(every[:, window // 2], chosen) * (exact.sum() - 2)
            joint.addcmul_(center[:, None, :, None], every[:, :, None])
        values = weights.new_empty(batch, window, number * RESIDUE_STATES + (normed > 0))
        square = _square(values, number).copy_(joint)
        if normed:
            kept = _normed(square, chosen, normed)
            # The root of size^2 + NORM_EPSILON, which is the square of this.
            sizes = torch.linalg.vector_norm(kept, dim=(-2, -1))
            values[..., -1] = torch.hypot(sizes, sizes.new_tensor(1e-6))
        frequencies = every.to(weights.dtype)
        ctx.save_for_backward(cells, chosen, frequencies, values)
        ctx.centered, ctx.normed = centered, normed
        return frequencies, values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor, None, None]:
        cells, chosen, frequencies, values = ctx.saved_tensors
        by_frequencies, by_values = gradients
        number = chosen.shape[1]
        square = _square(by_values, number)
        table = square.new_zeros(*square.shape[:2], number + 1, _CELLS)
        table[..., :number, :RESIDUE_STATES] = square
        inner = table[..., :number, :RESIDUE_STATES]
        if ctx.normed:
            by_norm = (by_values[..., -1] / values[..., -1])[..., None, None]
            inner.addcmul_(_normed(_square(values, number), chosen, ctx.normed), by_norm)
        shared = by_frequencies
        if ctx.centered:
            center = _at(frequencies[:, frequencies.shape[1] // 2], chosen)
            shared = shared - (inner * center[:, None, :, None]).sum(2)
            by_center = (inner * frequencies[:, :, None]).sum(-1)
            table[..., :number, :] -= by_center[..., None]
            table += (by_center * center[:, None]).sum(-1)[..., None, None]
        table[..., :RESIDUE_STATES] += shared[:, :, None]
        gradient = table.flatten(2).gather(2, cells).sum((0, 1))
        return None, None, gradient, None, None


def _square(values: Tensor, number: int) -> Tensor:
    """View the columns without the norm's as (B, L, K, 21)."""
    square = values[..., : number * RESIDUE_STATES]
    return square.view(*values.shape[:2], number, RESIDUE_STATES)


def _at(frequencies: Tensor, chosen: Tensor) -> Tensor:
    """Look frequencies (B, 21) of the centre up for chosen states (B, K), 0 for none."""
    return functional.pad(frequencies, (0, 1)).gather(1, chosen)


def _normed(square: Tensor, chosen: Tensor, normed: int) -> Tensor:
    """Set to 0 what has no part in the norm."""
    if normed == RESIDUE_STATES:
        return square
    kept = (chosen < normed)[:, None, :, None]
    return functional.pad(square[..., :normed], (0, RESIDUE_STATES - normed)) * kept
