"""Joint frequencies by counting: each species adds its weight to one cell for each position.

A product of one-hot vectors has a single 1 among its 21 x 21 numbers. To sum such products over
species takes as many additions as there are species; to multiply them out, 441 times as many. And
of a position's 441 joint frequencies few are not 0: about 13 in the alignments of TP53 and PTEN.
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
# So that a species whose weight is 0 has its cell, and by it a gradient: far too little to matter.
_LEAST = 1e-300


class Related(NamedTuple):
    """How positions vary with the centre, in float64: C = J - subtracted x frequencies.

    frequencies: (B, L, 21).
    counted: (cells,), the joint frequencies J that are not 0, position after position.
    positions: (cells,) int, which of all B * L positions each of them is of.
    columns: (cells,) int, which of 441: the centre's state slow, the position's fast.
    subtracted: (B, 21), what the frequencies of a window's positions are multiplied with and taken
        off J, for each state of the centre; None where nothing is.
    norm: (B, L), or None.
    """

    frequencies: Tensor
    counted: Tensor
    positions: Tensor
    columns: Tensor
    subtracted: Tensor | None
    norm: Tensor | None

    def dense(self) -> Tensor:
        """All columns, (B, L, 441) or, with a norm, (B, L, 442)."""
        batch, window, states = self.frequencies.shape
        empty = self.counted.new_zeros(batch * window, states**2)
        joint = empty.index_put((self.positions, self.columns), self.counted)
        square = joint.view(batch, window, states, states)
        if self.subtracted is not None:
            product = self.subtracted[:, None, :, None] * self.frequencies[:, :, None]
            square = square - product
        if self.norm is None:
            return square.flatten(2)
        return torch.cat([square.flatten(2), self.norm[..., None]], -1)


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

    J and f are counted in float64: where nearly all species agree the two terms nearly do.

    Args:
        codes: (B, L, N), residue codes as they come in a feature matrix; no gradient reaches them.
        weights: (N,), summing to 1.
        centered: whether to subtract f[c] f[j]^T.
        normed: if not 0, give the root of the sum of squares over the first so many states of
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
    center = ranks.gather(1, center)
    cells = center[:, None] * _CELLS + found
    arguments = (cells, center, chosen, weights, centered, normed)
    return Related(*_Relate.apply(*arguments))  # type: ignore[no-untyped-call]


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
    """The fields of `Related`, from the number of each species' cell, (B, L, N)."""

    @staticmethod
    def forward(
        ctx: Any,
        cells: Tensor,
        center: Tensor,
        chosen: Tensor,
        weights: Tensor,
        centered: bool,
        normed: int,
    ) -> tuple[Tensor | None, ...]:
        batch, window, _ = cells.shape
        number = chosen.shape[1]
        exact = weights.double()
        table = exact.new_zeros(batch, window, (number + 1) * _CELLS)
        table.scatter_add_(2, cells, exact.clamp(min=_LEAST).expand(cells.shape))
        table = table.view(batch, window, number + 1, _CELLS)
        frequencies = table.sum(2)[..., :RESIDUE_STATES].contiguous()
        joint = table[..., :number, :RESIDUE_STATES].contiguous()
        positions, state, other = _there(joint)
        counted = joint.flatten(0, 1)[positions, state, other]
        columns = chosen[positions // window, state] * RESIDUE_STATES + other
        there = (positions * (number + 1) + state) * _CELLS + other
        at_center, subtracted, norm, deviation = frequencies[:, window // 2], None, None, None
        if centered:
            subtracted = at_center * (2 - exact.sum())
        if normed:
            deviation = joint
            if subtracted is not None:
                taken = _at(subtracted, chosen)[:, None, :, None]
                deviation.addcmul_(taken, frequencies[:, :, None], value=-1)
            deviation = _normed(deviation, chosen, normed)
            # The root of size^2 + NORM_EPSILON, which is the square of this.
            sizes = torch.linalg.vector_norm(deviation, dim=(-2, -1))
            norm = torch.hypot(sizes, sizes.new_tensor(1e-6))
            deviation = deviation.to(weights.dtype)
        ctx.save_for_backward(
            cells, center, chosen, weights, frequencies, there, subtracted, norm, deviation
        )
        ctx.mark_non_differentiable(positions, columns)
        ctx.set_materialize_grads(False)
        return frequencies, counted, positions, columns, subtracted, norm

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any,
        by_frequencies: Tensor | None,
        by_counted: Tensor | None,
        _positions: None,
        _columns: None,
        by_subtracted: Tensor | None,
        by_norm: Tensor | None,
    ) -> tuple[Tensor | None, ...]:
        """Give the gradient by a species' weight, a sum over positions of cells looked up.

        With G that by C it is (X_n[c] - f[c])^T G (X_n[j] - f[j]), as s_n's part in f meets sums of
        deviations, which are 0 where S is 1: what is asked of the weights.
        """
        cells, center, chosen, weights, frequencies, there, subtracted, norm, deviation = (
            ctx.saved_tensors
        )
        batch, window, _ = cells.shape
        number = chosen.shape[1]
        table = weights.new_zeros(batch, window, number + 1, _CELLS)
        shared = frequencies.new_zeros(frequencies.shape) if by_frequencies is None else by_frequencies
        if by_norm is not None:
            inner = table[..., :number, :RESIDUE_STATES]
            torch.mul(deviation, (by_norm / norm).to(weights.dtype)[..., None, None], out=inner)
            if subtracted is not None:
                lower = frequencies.to(weights.dtype)
                taken = _at(subtracted, chosen).to(weights.dtype)
                shared = shared - (taken[:, None, None] @ inner)[:, :, 0]
                by_taken = -(inner @ lower[..., None]).sum(1, dtype=torch.float64)[..., 0]
                by_all = by_taken.new_zeros(batch, _CELLS).scatter_add_(1, chosen, by_taken)
                by_all = by_all[:, :RESIDUE_STATES]
                by_subtracted = by_all if by_subtracted is None else by_subtracted + by_all
        if by_counted is not None:
            table.view(-1).index_add_(0, there, by_counted.to(weights.dtype))
        table[..., :RESIDUE_STATES] += shared.to(weights.dtype)[:, :, None]
        gradient = table.flatten(2).gather(2, cells).sum(1, dtype=torch.float64).sum(0)
        if by_subtracted is not None:
            at_center = frequencies[:, window // 2]
            gradient = gradient + _of_center(by_subtracted, at_center, chosen, center)
        return None, None, None, gradient.to(weights.dtype), None, None


def _there(joint: Tensor) -> tuple[Tensor, ...]:
    """Where joint frequencies (B, L, K, 21) are not 0: in which of B * L positions, K and 21 states.

    On an accelerator everywhere, as it would have to be waited for.
    """
    states = joint.shape[2:]
    if joint.device.type == "cpu":
        cells = joint.flatten().nonzero()[:, 0]
    else:
        cells = torch.arange(joint.numel(), device=joint.device)
    rows = cells // states[1]
    positions = rows // max(states[0], 1)
    return positions, rows - positions * states[0], cells - rows * states[1]


def _of_center(by_subtracted: Tensor, at_center: Tensor, chosen: Tensor, center: Tensor) -> Tensor:
    """Gradient (N,) through (2 - S) f[c], where S is 1."""
    by_state = functional.pad(_at(by_subtracted, chosen), (0, 1)).gather(1, center)
    return by_state.sum(0) - (by_subtracted * at_center).sum()


def _at(frequencies: Tensor, chosen: Tensor) -> Tensor:
    """Look frequencies (B, 21) of the centre up for chosen states (B, K), 0 for none."""
    return functional.pad(frequencies, (0, 1)).gather(1, chosen)


def _normed(square: Tensor, chosen: Tensor, normed: int) -> Tensor:
    """Set to 0 what has no part in the norm."""
    if normed == RESIDUE_STATES:
        return square
    kept = (chosen < normed)[:, None, :, None]
    return functional.pad(square[..., :normed], (0, RESIDUE_STATES - normed)) * kept
