"""One model prepared for scoring, and stretches of a protein through all of it."""

import copy
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from converters.columns import CENTER, N_AMINO_ACIDS, RESIDUE_STATES, STRUCTURE, WINDOW
from pt_gmvp.forms.per_residue.attention import Additive, Dot, Gathering, windows_of
from pt_gmvp.forms.per_residue.joining import Joining, Variants
from pt_gmvp.forms.per_residue.protein import STATES, CountPlan, Protein
from pt_gmvp.forms.per_residue.relating import FIRST, Counting, Features, Frequencies, Inverting
from pt_gmvp.forms.per_residue.sites import Sites, Windows
from pt_gmvp.model import GMVP

# Positions to encode at once.
_POSITIONS = 256
_STRUCTURE_COLUMNS = STRUCTURE.stop - STRUCTURE.start


class Rows(NamedTuple):
    """A model's results for each of n rows of proteins.

    frequencies: of the species, by their weights.
    keys, values: (n, H or M) and (n, M), of a whole protein with 64 zeros beyond either end; if not
        `projected`, not the values, but the positions' encodings (n, F).
    shared: (C, F), the part of the encodings that the substitutions of a residue share.
    """

    frequencies: Frequencies
    keys: Tensor
    values: Tensor
    projected: bool
    shared: Tensor


class Asked(NamedTuple):
    """Substitutions asked for at B residues, at most S of one.

    substitutes: (B, S), codes of their amino acids; those of fewer are filled up.
    which: (V,), where each is among the B * S.
    """

    substitutes: Tensor
    which: Tensor

    @classmethod
    def of(cls, sites: Sites, some: range, device: torch.device) -> Self:
        """Arrange the substitutions of some residues, given by their numbers."""
        first, last = np.searchsorted(sites.center, (some.start, some.stop))
        residue = sites.center[first:last] - some.start
        counts = np.bincount(residue, minlength=len(some))
        rank = np.arange(len(residue)) - np.repeat(counts.cumsum() - counts, counts)
        substitutes = np.zeros((len(some), counts.max()), np.int64)
        substitutes[residue, rank] = sites.substitute[first:last]
        which = residue * substitutes.shape[1] + rank
        return cls(torch.from_numpy(substitutes).to(device), torch.from_numpy(which).to(device))


class FoldedModel:
    """A model whose layers are combined in float64 and rounded to its dtype.

    Later changes of the model's weights have no effect.
    """

    def __init__(self, model: GMVP) -> None:
        self._dtype = model.logit.weight.dtype
        exact = copy.deepcopy(model).double().requires_grad_(False)
        if model.config.attn_score_type == "dot":
            self._attention: Additive | Dot = Dot(*self._rounded(Dot.of(exact.mha)))
        else:
            self._attention = Additive(*self._rounded(Additive.of(exact.mha)))
        self._gathering = Gathering(*self._rounded(Gathering.of(exact.mha)))
        self._variants = Variants(*self._rounded(Variants.of(exact)))
        self._joining = Joining(*self._rounded(Joining.of(exact)))
        self._encoding = PairEncoding(*self._rounded(PairEncoding.of(exact)))
        layer = exact.neighbor_encoding
        self._neighbors, self._neighbors_bias = self._rounded((layer.weight.T, layer.bias))
        self._species = exact.evol_encoder.weights(exact.logit.weight)
        self._unrelated = self._encoding.unrelated(self._attention)
        self.relating = _relating(model)

    def _rounded(self, weights: tuple[Tensor, ...]) -> list[Tensor]:
        return [weight.to(self._dtype).contiguous() for weight in weights]

    def rows(self, protein: Protein, plan: CountPlan, projected: bool = True) -> Rows:
        """Compute what does not depend on a window.

        Args:
            protein: the rows.
            plan: of the residues to score.
            projected: whether to project all positions to values: more work than to project what
                attention gathers of them, unless substitutions are more than positions.
        """
        exact = self._species.new_zeros(len(protein), STATES)
        exact.scatter_add_(1, protein.states, self._species.expand(len(protein), -1))
        at = functional.pad(exact.to(self._dtype), (0, 1))
        counted = at[:, :RESIDUE_STATES]
        profile, structure = protein.profile.to(self._dtype), protein.structure.to(self._dtype)
        residues = functional.one_hot(protein.residues, N_AMINO_ACIDS + 1)[:, :N_AMINO_ACIDS]
        contexts = torch.cat([residues.to(self._dtype), counted, profile, structure], -1)
        sites = torch.cat([counted, profile, structure[:, :_STRUCTURE_COLUMNS]], -1)
        keys, values = [], []
        for some in torch.split(contexts, _POSITIONS):
            encoded = torch.addmm(self._neighbors_bias, some, self._neighbors).relu_()
            keys.append(self._attention.keys(encoded))
            values.append(self._gathering.values(encoded) if projected else encoded)
        windows = plan.windows
        beyond = (0, 0, CENTER, CENTER) if windows.whole else (0, 0)
        compact = functional.pad(counted[plan.kept], (0, 0, 0, WINDOW))
        return Rows(
            Frequencies(self._species.to(self._dtype), at, compact),
            functional.pad(torch.cat(keys), beyond),
            functional.pad(torch.cat(values), beyond),
            projected,
            self._variants.at_sites(sites[windows.center], protein.residues[windows.center]),
        )

    def probabilities(self, protein: Protein, plan: CountPlan, rows: Rows, some: range) -> Tensor:
        """Score the substitutions of consecutive residues of a whole protein, (B, 20)."""
        pairs = self._pair_logits(protein, plan, rows, some)
        shared = rows.shared[some.start : some.stop]
        widths = [shared.shape[1], rows.values.shape[1]]
        # The GRU cell's two inputs are adjacent, for one product with both.
        both = shared.new_empty(len(some), N_AMINO_ACIDS, sum(widths))
        variants, gathered = torch.split(both, widths, -1)
        self._variants.encode(shared, into=variants)
        keys = rows.keys.unfold(0, WINDOW, 1)[some.start : some.stop].mT
        logits = self._attention.logits(variants, keys, pairs)
        attention = self._gathering.attend(logits, _left_out(plan.windows, some))
        values = rows.values[some.start : some.stop + WINDOW - 1]
        summed = self._gathering.sum_values(attention, windows_of(values, len(some)))
        self._gathering.mix(summed, into=gathered.flatten(0, 1))
        return self._joining.probabilities(both.flatten(0, 1)).view(len(some), N_AMINO_ACIDS)

    def probabilities_of(
        self, protein: Protein, plan: CountPlan, rows: Rows, some: range, asked: Asked
    ) -> Tensor:
        """Score the substitutions asked for at some residues of several proteins, (V,)."""
        pairs = self._pair_logits(protein, plan, rows, some)
        shared = rows.shared[some.start : some.stop]
        variants = self._variants.encode_some(shared, asked.substitutes)
        seen, _ = plan.windows.rows(some)
        logits = self._attention.logits(variants, rows.keys[seen], pairs)
        attention = self._gathering.attend(logits, _left_out(plan.windows, some))
        sums = self._gathering.sum_values if rows.projected else self._gathering.sum_encodings
        summed = sums(attention, rows.values[seen])[asked.which]
        gathered = self._gathering.mix(summed)
        return self._joining.probabilities(
            torch.cat([variants.flatten(0, 1)[asked.which], gathered], 1)
        )

    def _pair_logits(self, protein: Protein, plan: CountPlan, rows: Rows, some: range) -> Tensor:
        """Return the pairs' part of the logits, (B, H, 129)."""
        logits = self._unrelated.expand(len(some), WINDOW + 1, -1).contiguous()
        encoder = PairLogits(self._encoding, self._attention)
        for features in self.relating.features(protein, plan, rows.frequencies, some):
            omitted = None if plan.omitted is None else plan.omitted[features.center]
            found = encoder.logits(features, omitted)
            logits[features.center - some.start, : len(found)] = found
        place = plan.place[some.start : some.stop, :, None].expand(-1, -1, logits.shape[2])
        return logits.gather(1, place).mT


def _relating(model: GMVP) -> Counting | Inverting:
    if model.config.pairwise_type == "inv_cov":
        return Inverting(copy.deepcopy(model.evol_encoder).requires_grad_(False))
    centered = model.config.pairwise_type == "cov"
    normed = N_AMINO_ACIDS if model.config.pairwise_norm == "paper" else RESIDUE_STATES
    return Counting(centered, normed * centered)


def _left_out(windows: Windows, some: range) -> Tensor:
    """Return which positions attention ignores, (B, 129): the centre, and outside the protein."""
    _, inside = windows.rows(some)
    inside[:, CENTER] = False
    return ~inside


# The norm of covariances that are all 0.
_LEAST_NORM = 1e-6


class PairEncoding(NamedTuple):
    """Weights of the layer that encodes pairs, arranged by the states at the centre.

    first: (2, F), weights of the norm, and the bias.
    by_state: (22, 21 * F), zeros for the state of invalid codes.
    """

    first: Tensor
    by_state: Tensor

    @classmethod
    def of(cls, model: GMVP) -> Self:
        """Split the layer's weight."""
        layer = model.pairwise_encoding
        normed = layer.in_features - RESIDUE_STATES**2
        columns, norm = torch.split(layer.weight.T, [RESIDUE_STATES**2, normed])
        first = torch.cat([norm if normed else torch.zeros_like(columns[:1]), layer.bias[None]])
        by_state = columns.reshape(RESIDUE_STATES, -1)
        return cls(first, functional.pad(by_state, (0, 0, 0, 1)))

    def unrelated(self, attention: Additive | Dot) -> Tensor:
        """Return logits (H,) of a pair that does not vary together."""
        row = self.first[0] * _LEAST_NORM + self.first[1]
        return attention.of_pairs(row.relu()[None])[0]


class PairLogits:
    """Encoder of pairs, one centre after the other, in buffers that fit a core's cache."""

    def __init__(self, encoding: PairEncoding, attention: Additive | Dot) -> None:
        self._encoding, self._attention = encoding, attention
        width = encoding.first.shape[1]
        every = FIRST + RESIDUE_STATES * len(encoding.by_state)
        self._kernel = encoding.first.new_empty(every, width)
        self._kernel[:FIRST] = encoding.first
        self._pairs = encoding.first.new_empty(WINDOW, width)

    def logits(self, features: Features, omitted: Tensor | None) -> Tensor:
        """Return logits (P, H) of features.

        Args:
            features: of P pairs.
            omitted: () int64, a state of the centre that was not counted: the covariances over all
                its states sum to 0.
        """
        length, columns = features.rows.shape
        kernel = self._kernel[FIRST:columns].view(len(features.states), -1)
        by_state = self._encoding.by_state
        torch.index_select(by_state, 0, features.states, out=kernel)
        if omitted is not None:
            kernel -= by_state[omitted]
        encoded = torch.mm(features.rows, self._kernel[:columns], out=self._pairs[:length]).relu_()
        return self._attention.of_pairs(encoded)
