"""Joint frequencies and covariances of residues with their windows, by counting."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from pt_gmvp.config import RESIDUE_STATES
from pt_gmvp.forms.per_residue.protein import Protein
from pt_gmvp.forms.per_residue.related import Related

# Columns of features before those by states: the norm, and 1 for the bias.
FIRST = 2
# Centres that are counted at once: as many columns as the one with most states has, so that from
# `_FEWEST` on there are only such as have about as many as the first.
_CENTERS, _FEWEST, _UNLIKE = 8, 2, 1.2
# Keeps the norm's root differentiable, in training.
_NORM_EPSILON = 1e-12


class Features(NamedTuple):
    """Pair features of one residue with the positions it is related to.

    center: its position.
    rows: (P, 2 + K * 21), the norm or 0, 1, and for each of K states of the centre 21 columns.
    states: (K,) int64, which states these are.
    """

    center: int
    rows: Tensor
    states: Tensor


class Frequencies(NamedTuple):
    """Of species weighted by a model: `species` (200,), in its dtype.

    at: (n, 23), of each position's 22 states, and 0.
    closed: (V + 129, 21), of the positions that others are related to, padded.
    """

    species: Tensor
    at: Tensor
    closed: Tensor


class _Centers(NamedTuple):
    """Some centres with about as many states that are counted, at most `most`, and no more rows.

    positions: (G,), in the protein; listed too.
    """

    positions: Tensor
    listed: list[int]
    most: int
    rows: int


class Counting(NamedTuple):
    """How to count.

    centered: covariances; else joint frequencies.
    normed: how many of the first states have a part in the norm; 0 for none.
    """

    centered: bool
    normed: int

    def features(
        self, protein: Protein, related: Related, frequencies: Frequencies, some: range
    ) -> Iterator[Features]:
        """Give the features of residues, in no order; none for one that varies with nothing."""
        for centers in _alike(related, some):
            rows = _count(protein, related, frequencies.species, centers)
            table = rows[..., FIRST:].view(*rows.shape[:2], centers.most, RESIDUE_STATES)
            if self.centered:
                _center(table, frequencies, related, centers)
            chosen = related.chosen[centers.positions, : centers.most]
            if self.normed:
                rows[..., 0] = self._norm(table, chosen, protein, related, centers)
            for place, center in enumerate(centers.listed):
                size = related.sizes[center]
                columns = FIRST + size * RESIDUE_STATES
                found = rows[place, : related.lengths[center], :columns]
                yield Features(center, found, chosen[place, :size])

    def _norm(
        self,
        table: Tensor,
        chosen: Tensor,
        protein: Protein,
        related: Related,
        centers: _Centers,
    ) -> Tensor:
        """Root of the sum of squares, (G, L), those of the state that is not counted among them."""
        assert related.apart is not None
        apart = related.apart[centers.positions]
        rest = table.sum(2) * (apart < self.normed)[:, None, None]
        if self.normed < RESIDUE_STATES or protein.strange:
            table = table * (chosen < self.normed)[:, None, :, None]
            table, rest = table[..., : self.normed], rest[..., : self.normed]
        squares: Tensor = torch.linalg.vector_norm(table, dim=(-2, -1)).square_()
        squares += torch.linalg.vector_norm(rest, dim=-1).square_()
        return squares.add_(_NORM_EPSILON).sqrt_()


def _count(protein: Protein, related: Related, species: Tensor, centers: _Centers) -> Tensor:
    """Sum the weights of species by centre, position and both states.

    Returns (G, L, 2 + K * 21), the first columns 0 and 1.
    """
    states = protein.states[centers.positions]
    counted = related.counted[centers.positions].gather(1, states)
    center, who = counted.nonzero(as_tuple=True)
    rank = related.rank[centers.positions].gather(1, states)[center, who]
    starts = who * related.states.shape[1] + related.first[centers.positions][center]
    cells = related.windows(centers.rows)[starts]
    weights = species[who, None].expand_as(cells)
    if protein.strange:
        # What is none is added nowhere.
        weights = weights * (cells < RESIDUE_STATES)
        cells.clamp_(max=RESIDUE_STATES - 1)
    stride = FIRST + centers.most * RESIDUE_STATES
    cells += (center * (centers.rows * stride) + rank * RESIDUE_STATES + FIRST)[:, None]
    cells += torch.arange(0, centers.rows * stride, stride, device=cells.device)
    rows = species.new_zeros(len(states), centers.rows, stride)
    rows.view(-1).scatter_add_(0, cells.view(-1), weights.reshape(-1))
    rows[..., 1] = 1
    return rows


def _center(table: Tensor, frequencies: Frequencies, related: Related, centers: _Centers) -> None:
    """Subtract the products of frequencies from joint frequencies (G, L, K, 21).

    With S the sum of the weights the product of deviations is J - (2 - S) f f^T; S is 1 to
    float64's rounding.
    """
    chosen = related.chosen[centers.positions, : centers.most]
    at_center = frequencies.at[centers.positions].gather(1, chosen)
    closed = frequencies.closed.unfold(0, centers.rows, 1)[related.first[centers.positions]].mT
    table.addcmul_(at_center[:, None, :, None], closed[:, :, None], value=-1)


def _alike(related: Related, some: range) -> Iterator[_Centers]:
    """Put residues together that have about as many states to be counted; none that has none."""
    sizes = related.sizes
    ordered = sorted((p for p in some if sizes[p]), key=lambda p: sizes[p])
    group: list[int] = []
    for position in ordered:
        unlike = len(group) >= _FEWEST and sizes[position] > _UNLIKE * sizes[group[0]]
        if len(group) == _CENTERS or unlike:
            yield _group(related, group)
            group = []
        group.append(position)
    if group:
        yield _group(related, group)


def _group(related: Related, group: list[int]) -> _Centers:
    positions = torch.tensor(group, device=related.first.device)
    rows = max(related.lengths[position] for position in group)
    return _Centers(positions, group, related.sizes[group[-1]], rows)
