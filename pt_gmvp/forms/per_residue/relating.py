"""Relation of residues to their windows: joint frequencies, covariances, or their inverse."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from converters.columns import RESIDUE_STATES
from pt_gmvp.evol_encoder import NORM_EPSILON, EvolEncoder
from pt_gmvp.forms.fast.evol_encoder import invert
from pt_gmvp.forms.per_residue.protein import CountPlan, Protein

# Columns of features before those by states: the norm, and 1 for the bias.
FIRST = 2
# Centres that are counted at once take the columns of the one with most states; beyond the first
# `_FEWEST`, only those are added that have at most `_SPREAD` times the states of the first.
_CENTERS, _FEWEST, _SPREAD = 8, 2, 1.2


class Features(NamedTuple):
    """Pair features of one residue with P positions.

    center: its number in the plan.
    rows: (P, 2 + K * 21), the norm or 0, 1, and 21 columns for each of K states of the centre.
    states: (K,) int64, these states.
    """

    center: int
    rows: Tensor
    states: Tensor


class Frequencies(NamedTuple):
    """Frequencies of states by a model's weights of the species, `species` (200,), in its dtype.

    at: (n, 23), of each position's 22 states, and 0.
    compact: (V + 129, 21), of the positions that are counted, padded.
    """

    species: Tensor
    at: Tensor
    compact: Tensor


class _Centers(NamedTuple):
    """Centres with about the same number of counted states, at most `most`, and at most `rows`.

    numbers: (G,), in the plan; also as a list, `listed`. positions: (G,), their rows.
    """

    numbers: Tensor
    positions: Tensor
    listed: list[int]
    most: int
    rows: int


class Counting(NamedTuple):
    """Relation by counting.

    centered: covariances; else joint frequencies.
    normed: number of the first states that the norm sums over; 0 for no norm.
    """

    centered: bool
    normed: int

    def features(
        self, protein: Protein, plan: CountPlan, frequencies: Frequencies, some: range
    ) -> Iterator[Features]:
        """Yield the features of residues, in any order; none for one that does not vary."""
        for centers in _group_by_size(plan, some):
            rows = _count(protein, plan, frequencies.species, centers)
            table = rows[..., FIRST:].view(*rows.shape[:2], centers.most, RESIDUE_STATES)
            if self.centered:
                _center(table, frequencies, plan, centers)
            chosen = plan.chosen[centers.numbers, : centers.most]
            if self.normed:
                rows[..., 0] = self._norm(table, chosen, protein, plan, centers)
            for place, center in enumerate(centers.listed):
                size = plan.sizes[center]
                columns = FIRST + size * RESIDUE_STATES
                found = rows[place, : plan.lengths[center], :columns]
                yield Features(center, found, chosen[place, :size])

    def _norm(
        self,
        table: Tensor,
        chosen: Tensor,
        protein: Protein,
        plan: CountPlan,
        centers: _Centers,
    ) -> Tensor:
        """Return the root of the sum of squares, (G, L), the omitted state included."""
        assert plan.omitted is not None
        omitted = plan.omitted[centers.numbers]
        rest = table.sum(2) * (omitted < self.normed)[:, None, None]
        if self.normed < RESIDUE_STATES or protein.has_invalid:
            table = table * (chosen < self.normed)[:, None, :, None]
            table, rest = table[..., : self.normed], rest[..., : self.normed]
        squares: Tensor = torch.linalg.vector_norm(table, dim=(-2, -1)).square_()
        squares += torch.linalg.vector_norm(rest, dim=-1).square_()
        return squares.add_(NORM_EPSILON).sqrt_()


def _count(protein: Protein, plan: CountPlan, species: Tensor, centers: _Centers) -> Tensor:
    """Sum the weights of species by centre, position and both states.

    Returns (G, L, 2 + K * 21), the first columns 0 and 1.
    """
    states = protein.states[centers.positions]
    counted = plan.counted[centers.numbers].gather(1, states)
    center, who = counted.nonzero(as_tuple=True)
    rank = plan.rank[centers.numbers].gather(1, states)[center, who]
    starts = who * plan.states.shape[1] + plan.first[centers.numbers][center]
    cells = plan.starts(centers.rows)[starts]
    weights = species[who, None].expand_as(cells)
    if protein.has_invalid:
        # Codes that are not residues are added nowhere.
        weights = weights * (cells < RESIDUE_STATES)
        cells.clamp_(max=RESIDUE_STATES - 1)
    stride = FIRST + centers.most * RESIDUE_STATES
    cells += (center * (centers.rows * stride) + rank * RESIDUE_STATES + FIRST)[:, None]
    cells += torch.arange(0, centers.rows * stride, stride, device=cells.device)
    rows = species.new_zeros(len(states), centers.rows, stride)
    rows.view(-1).scatter_add_(0, cells.view(-1), weights.reshape(-1))
    rows[..., 1] = 1
    return rows


def _center(table: Tensor, frequencies: Frequencies, plan: CountPlan, centers: _Centers) -> None:
    """Subtract the products of frequencies from joint frequencies (G, L, K, 21), in place.

    With S the sum of the weights, the product of deviations is J - (2 - S) f f^T; S is 1 up to
    float64 rounding.
    """
    chosen = plan.chosen[centers.numbers, : centers.most]
    at_center = frequencies.at[centers.positions].gather(1, chosen)
    compact = frequencies.compact.unfold(0, centers.rows, 1)[plan.first[centers.numbers]].mT
    table.addcmul_(at_center[:, None, :, None], compact[:, :, None], value=-1)


def _group_by_size(plan: CountPlan, some: range) -> Iterator[_Centers]:
    """Yield groups of residues with about the same number of counted states; skip those with 0."""
    sizes = plan.sizes
    ordered = sorted((number for number in some if sizes[number]), key=lambda each: sizes[each])
    group: list[int] = []
    for number in ordered:
        too_many = len(group) >= _FEWEST and sizes[number] > _SPREAD * sizes[group[0]]
        if len(group) == _CENTERS or too_many:
            yield _group(plan, group)
            group = []
        group.append(number)
    if group:
        yield _group(plan, group)


def _group(plan: CountPlan, group: list[int]) -> _Centers:
    numbers = torch.tensor(group, device=plan.first.device)
    rows = max(plan.lengths[number] for number in group)
    return _Centers(numbers, plan.windows.center[numbers], group, plan.sizes[group[-1]], rows)


# Windows to invert at once.
_WINDOWS = 4


class Inverting:
    """Relation by the inverse covariance, for "inv_cov": one matrix for each window.

    Positions beyond the protein are part of the matrix: as in the original's records, all species
    have state 0 there, and nothing varies.
    """

    centered = False

    def __init__(self, encoder: EvolEncoder) -> None:
        self._encoder = encoder

    def features(
        self, protein: Protein, plan: CountPlan, frequencies: Frequencies, some: range
    ) -> Iterator[Features]:
        """Yield the features of residues, in order."""
        every = torch.arange(RESIDUE_STATES, device=protein.states.device)
        for first in range(some.start, some.stop, _WINDOWS):
            part = range(first, min(first + _WINDOWS, some.stop))
            rows, inside = plan.windows.rows(part)
            states = protein.states[rows].masked_fill_(~inside[..., None], 0)
            inverse = invert(self._encoder, states.to(frequencies.species.dtype))[1]
            for center, pairs, here in zip(part, inverse, inside, strict=True):
                yield Features(center, _with_first_columns(pairs[here]), every)


def _with_first_columns(rows: Tensor) -> Tensor:
    """Prepend 0 for the absent norm, and 1 for the bias, to the columns by states."""
    return functional.pad(functional.pad(rows, (1, 0), value=1), (1, 0))
