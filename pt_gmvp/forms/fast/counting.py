"""Joint frequencies by counting: each species adds its weight to one cell for each position.

A product of one-hot vectors has a single 1 among its 21 x 21 numbers. Summing such products over
species takes one addition per species; multiplying them out takes 441 times as many. And of a
position's 441 joint frequencies few are not 0: about 13 in the alignments of TP53 and PTEN.

With J = sum_n s_n X_n[c] X_n[j]^T, f = sum_n s_n X_n, weights s_n that sum to 1, and e the one-hot
vector of an arbitrary reference state at each position,

    C = sum_n s_n (X_n[c] - f[c]) (X_n[j] - f[j])^T = J - f[c] f[j]^T = B - d[c] d[j]^T,
    d = f - e,    B = J - e[c] f[j]^T - d[c] e[j]^T = sum_n s_n (X_n[c] - e[c]) (X_n[j] - e[j])^T.

B has about as few nonzero numbers as J. Where nearly all species have the reference state, B and d
are as small as C, while J and f f^T nearly cancel; so the reference state is the one with most
weight.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from converters.columns import RESIDUE_STATES
from pt_gmvp.evol_encoder import NORM_EPSILON

# One more state, for invalid residues: its counts are never read.
_CELLS = RESIDUE_STATES + 1


class Related(NamedTuple):
    """Relation of positions to the centre, in float64: sparse numbers minus a product.

    frequencies: (B, L, 21).
    counted: (cells,), the nonzero numbers of J or, if centred, of B.
    positions: (cells,) int, ascending, the position of each among all B * L.
    columns: (cells,) int, its column among 441: the centre's state slow, the position's fast.
    factors: d[c] (B, 21) and d[j] (B, L, 21), whose product is subtracted; None if not centred.
    norm: (B, L), or None.
    """

    frequencies: Tensor
    counted: Tensor
    positions: Tensor
    columns: Tensor
    factors: tuple[Tensor, Tensor] | None
    norm: Tensor | None

    def dense(self) -> Tensor:
        """Return all columns, (B, L, 441) or, with a norm, (B, L, 442)."""
        batch, window, states = self.frequencies.shape
        empty = self.counted.new_zeros(batch * window, states**2)
        square = empty.index_put((self.positions, self.columns), self.counted)
        square = square.view(batch, window, states, states)
        if self.factors is not None:
            at_center, at_positions = self.factors
            square = square - at_center[:, None, :, None] * at_positions[:, :, None]
        if self.norm is None:
            return square.flatten(2)
        return torch.cat([square.flatten(2), self.norm[..., None]], -1)


def states(codes: Tensor) -> Tensor:
    """Return codes truncated toward 0 as int64; those outside of 0 to 20, and NaN, become 21."""
    if codes.device.type == "cpu" and codes.numel():
        low, high = codes.aminmax()
        # True of nearly all alignments, and never with NaN.
        if low > -1 and high < RESIDUE_STATES + 1:
            return codes.to(torch.int64)
    return torch.where(codes > -1, codes, RESIDUE_STATES).clamp(max=RESIDUE_STATES).to(torch.int64)


def present(center: Tensor) -> Tensor:
    """Return which of 21 states occur, (B, 21) bool, among the species' states (B, N)."""
    there = torch.zeros(len(center), _CELLS, dtype=torch.bool, device=center.device)
    return there.scatter_(1, center, True)[:, :RESIDUE_STATES]


def relate(codes: Tensor, weights: Tensor, centered: bool, normed: int) -> Related:
    """Return weighted frequencies of every position, and its relation to the centre.

    Weights sum to 1 up to rounding, which matters where nearly all species agree. So B and d are
    computed from weights divided by their sum S in float64, and C is S times the result: it differs
    from the sum of products above by (1 - S)^2.

    Args:
        codes: (B, L, N), residue codes as in a feature matrix; they get no gradient.
        weights: (N,), summing to 1. A weight of 0 has no gradient, as softmax would give it none.
        centered: whether to return C, or J.
        normed: if not 0, also return the root of 1e-12 plus the sum of squares over the first
            `normed` states of either position.
    """
    others = states(codes)
    center = others[:, others.shape[1] // 2]
    if codes.device.type == "cpu":
        chosen, ranks = _compact(present(center))
    else:
        # Counting them would mean waiting for the accelerator.
        chosen = torch.arange(RESIDUE_STATES, device=codes.device).expand(len(codes), -1)
        ranks = torch.arange(_CELLS, device=codes.device).expand(len(codes), -1)
    center = ranks.gather(1, center)
    cells = center[:, None] * _CELLS + others
    arguments = (cells, center, chosen, weights, centered)
    found = _Relate.apply(*arguments)  # type: ignore[no-untyped-call]
    frequencies, counted, positions, columns, *factors = found
    given = (factors[0], factors[1]) if centered else None
    related = Related(frequencies, counted, positions, columns, given, None)
    return related._replace(norm=_norm(related, normed)) if normed else related


def _norm(related: Related, states: int) -> Tensor:
    """Return the root of 1e-12 plus the sum of squares of C's first states, (B, L).

    From the sparse numbers: |B - d[c] d[j]^T|^2 = B . (B - 2 d[c] d[j]^T) + |d[c]|^2 |d[j]|^2.
    """
    assert related.factors is not None
    at_center, at_positions = (x[..., :states] for x in related.factors)
    squares = at_center.square().sum(-1)[:, None] * at_positions.square().sum(-1)
    batch, window = squares.shape
    state = related.columns // RESIDUE_STATES
    other = related.columns - state * RESIDUE_STATES
    which = related.positions // window * RESIDUE_STATES + state
    product = related.factors[0].flatten().index_select(0, which)
    which = related.positions * RESIDUE_STATES + other
    product = product * related.factors[1].flatten().index_select(0, which)
    terms = related.counted * (related.counted - 2 * product)
    if states < RESIDUE_STATES:
        terms = terms * ((state < states) & (other < states))
    squares = squares.flatten().index_add(0, related.positions, terms)
    # Rounding may make it negative.
    return (squares.clamp(min=0) + NORM_EPSILON).sqrt().view(batch, window)


def _compact(there: Tensor) -> tuple[Tensor, Tensor]:
    """Number the states that occur, (B, 21) bool.

    Returns the states by number (B, K), 21 where fewer than K occur, and the number of each state
    (B, 22), K for invalid residues.
    """
    most = max(1, int(there.sum(1).max())) if len(there) else 1
    ranks = functional.pad(there.cumsum(1) - 1, (0, 1), value=most)
    numbers = torch.where(there, ranks[:, :-1], most)
    chosen = torch.full((len(there), most + 1), RESIDUE_STATES)
    # States that do not occur all go to the last column, which is cut off.
    chosen.scatter_(1, numbers, torch.arange(RESIDUE_STATES).expand_as(numbers))
    return chosen[:, :most], ranks


class _Relate(Function):
    """Fields of `Related`, from the number of each species' cell, (B, L, N).

    The centre has K numbered states, with codes `chosen` (B, K).
    """

    @staticmethod
    def forward(
        ctx: Any, cells: Tensor, center: Tensor, chosen: Tensor, weights: Tensor, centered: bool
    ) -> tuple[Tensor | None, ...]:
        total = weights.sum(dtype=torch.float64)
        table = _count(cells, chosen.shape[1], weights.double() / total)
        frequencies = table.sum(2)[..., :RESIDUE_STATES].contiguous()
        firsts, at_center, at_positions = None, None, None
        if centered:
            firsts, at_center, at_positions = _subtract_reference(table, frequencies, chosen)
        ctx.nonzero, rows, other = _nonzero(table)
        counted = table.view(-1).index_select(0, ctx.nonzero) * total
        positions = rows // table.shape[2]
        # By number of the state, plus one for invalid residues at the centre.
        codes = functional.pad(chosen * RESIDUE_STATES, (0, 1))[:, None].expand(*table.shape[:3])
        columns = codes.flatten().index_select(0, rows) + other
        ctx.save_for_backward(cells, center, chosen, weights, at_center)
        ctx.firsts = firsts
        ctx.mark_non_differentiable(positions, columns)
        ctx.set_materialize_grads(False)
        if at_center is not None:
            at_center = at_center * total
        return frequencies * total, counted, positions, columns, at_center, at_positions

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        """Return the gradient by a species' weight, a sum over positions of its cells.

        With G the gradient by C it is (X_n[c] - f[c])^T G (X_n[j] - f[j]), as the part through f
        multiplies sums of deviations, which are 0. By B it is G less the row and column of the
        reference states.
        """
        by_frequencies, by_counted, _, _, by_center, by_positions = gradients
        cells, center, chosen, weights, at_center = ctx.saved_tensors
        batch, window, _ = cells.shape
        table = weights.new_zeros(batch, window, chosen.shape[1] + 1, _CELLS)
        if by_counted is not None:
            table.view(-1).index_copy_(0, ctx.nonzero, by_counted.to(weights.dtype))
            if ctx.firsts is not None:
                _reference_gradient(table, *ctx.firsts)
        if by_frequencies is not None:
            table += functional.pad(by_frequencies.to(weights.dtype), (0, 1))[:, :, None]
        if by_positions is not None:
            table += _through_deviation(by_positions.to(weights.dtype), ctx.firsts[1])[:, :, None]
        gradient = table.flatten(2).gather(2, cells).sum(1, dtype=torch.float64)
        if by_center is not None:
            by_state = _through_deviation(by_center, chosen.gather(1, ctx.firsts[0]))
            by_state -= (by_center * at_center).sum(1, keepdim=True)
            codes = functional.pad(chosen, (0, 1), value=RESIDUE_STATES).gather(1, center)
            gradient += by_state.gather(1, codes)
        return None, None, None, gradient.sum(0).to(weights.dtype), None


def _count(cells: Tensor, number: int, weights: Tensor) -> Tensor:
    """Sum the species' weights in their cells, (B, L, K + 1, 22)."""
    table = weights.new_zeros(*cells.shape[:2], (number + 1) * _CELLS)
    table.scatter_add_(2, cells, weights.expand(cells.shape))
    return table.view(*cells.shape[:2], number + 1, _CELLS)


def _subtract_reference(
    table: Tensor, frequencies: Tensor, chosen: Tensor
) -> tuple[tuple[Tensor, Tensor], Tensor, Tensor]:
    """Turn J into B, (B, L, K + 1, 22), in place.

    Returns the numbers of the centre's reference states (B, 1) and the positions' reference states
    (B, L, 1), and d of both. A centre without any valid residue has no reference state.
    """
    center = functional.pad(frequencies[:, frequencies.shape[1] // 2], (0, 1))
    first = center.gather(1, chosen).argmax(1, keepdim=True)
    code = chosen.gather(1, first)
    at_center = center.scatter_add(1, code, -torch.ones_like(center[:, :1]))[:, :RESIDUE_STATES]
    firsts = frequencies.argmax(2, keepdim=True)
    at_positions = frequencies.scatter_add(2, firsts, -torch.ones_like(frequencies[..., :1]))
    there = (code < RESIDUE_STATES)[..., None]
    taken = functional.pad(frequencies, (0, 1)) * -there.to(frequencies.dtype)
    rows = first[:, None, :, None].expand(*table.shape[:2], 1, _CELLS)
    table.scatter_add_(2, rows, taken[:, :, None])
    taken = functional.pad(functional.pad(-at_center, (0, 1)).gather(1, chosen), (0, 1))
    columns = firsts[:, :, None].expand(*table.shape[:3], 1)
    table.scatter_add_(3, columns, taken[:, None, :, None].expand(columns.shape))
    return (first, firsts), at_center, at_positions


def _reference_gradient(table: Tensor, first: Tensor, firsts: Tensor) -> None:
    """Turn a gradient by B into that by J, in place: subtract the reference row and column."""
    rows = first[:, None, :, None].expand(*table.shape[:2], 1, _CELLS)
    columns = firsts[:, :, None].expand(*table.shape[:3], 1)
    table -= table.gather(2, rows)
    table -= table.gather(3, columns)


def _through_deviation(gradient: Tensor, firsts: Tensor) -> Tensor:
    """Return the gradient by f (..., 22), with invalid residues, from that by d (..., 21)."""
    gradient = functional.pad(gradient, (0, 1))
    return gradient - gradient.gather(-1, firsts)


def _nonzero(table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return where (B, L, K + 1, 22) is not 0 for valid residues: cell, row, and one of 21 columns.

    On an accelerator everywhere, as finding out would mean waiting for it.
    """
    if table.device.type != "cpu":
        number, states = table.shape[2] - 1, RESIDUE_STATES
        every = torch.arange(table.numel(), device=table.device).view(table.shape)
        cells = every[:, :, :number, :states].flatten()
    else:
        nonzero = (table != 0).numpy()
        nonzero[:, :, -1] = nonzero[..., -1] = False
        # NumPy's nonzero is several times faster for booleans.
        cells = torch.from_numpy(np.flatnonzero(nonzero))
    rows = cells // _CELLS
    return cells, rows, cells - rows * _CELLS
