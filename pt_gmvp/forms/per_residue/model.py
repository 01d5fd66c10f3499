"""One model made ready, and stretches of a protein through all of it."""

import copy
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import CENTER, RESIDUE_STATES, WINDOW
from pt_gmvp.evol_encoder import AMINO_ACIDS
from pt_gmvp.forms.per_residue.attention import Additive, Dot, Gathering
from pt_gmvp.forms.per_residue.counting import Counting, Frequencies
from pt_gmvp.forms.per_residue.inverting import Inverting
from pt_gmvp.forms.per_residue.joining import Joining, Variants
from pt_gmvp.forms.per_residue.pairs import PairEncoding, PairLogits
from pt_gmvp.forms.per_residue.protein import STATES, Protein
from pt_gmvp.forms.per_residue.related import Related
from pt_gmvp.model import GMVP, STRUCTURE

# Positions that are encoded at once.
_POSITIONS = 256
_STRUCTURE_COLUMNS = STRUCTURE.stop - STRUCTURE.start


class Rows(NamedTuple):
    """What a model makes of each position of a protein.

    frequencies: of the species, by their weights.
    keys, values: (n + 128, H or M) and (n + 128, M), with zeros beyond either end.
    shared: (n, F), what substitutions have in common of their encodings.
    """

    frequencies: Frequencies
    keys: Tensor
    values: Tensor
    shared: Tensor


class FoldedModel:
    """A model whose layers are folded into each other, in float64, and rounded to its dtype.

    Later changes of the model's weights are not seen.
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

    def rows(self, protein: Protein, related: Related) -> Rows:
        """Make what does not depend on a window."""
        exact = self._species.new_zeros(len(protein), STATES)
        exact.scatter_add_(1, protein.states, self._species.expand(len(protein), -1))
        at = functional.pad(exact.to(self._dtype), (0, 1))
        counted = at[:, :RESIDUE_STATES]
        profile, structure = protein.profile.to(self._dtype), protein.structure.to(self._dtype)
        residues = functional.one_hot(protein.residues, AMINO_ACIDS + 1)[:, :AMINO_ACIDS]
        contexts = torch.cat([residues.to(self._dtype), counted, profile, structure], -1)
        sites = torch.cat([counted, profile, structure[:, :_STRUCTURE_COLUMNS]], -1)
        keys, values = [], []
        for some in torch.split(contexts, _POSITIONS):
            encoded = torch.addmm(self._neighbors_bias, some, self._neighbors).relu_()
            keys.append(self._attention.keys(encoded))
            values.append(self._gathering.values(encoded))
        beyond = (0, 0, CENTER, CENTER)
        closed = functional.pad(counted[related.kept], (0, 0, 0, WINDOW))
        return Rows(
            Frequencies(self._species.to(self._dtype), at, closed),
            functional.pad(torch.cat(keys), beyond),
            functional.pad(torch.cat(values), beyond),
            self._variants.at_sites(sites, protein.residues),
        )

    def probabilities(self, protein: Protein, related: Related, rows: Rows, some: range) -> Tensor:
        """Score the substitutions of residues that follow each other, (B, 20)."""
        pairs = self._pair_logits(protein, related, rows, some)
        shared = rows.shared[some.start : some.stop]
        widths = [shared.shape[1], rows.values.shape[1]]
        # What the GRU cell takes lies side by side, for one product with both.
        both = shared.new_empty(len(some), AMINO_ACIDS, sum(widths))
        variants, gathered = torch.split(both, widths, -1)
        self._variants.encode(shared, into=variants)
        keys = rows.keys.unfold(0, WINDOW, 1)[some.start : some.stop].mT
        logits = self._attention.logits(variants, keys, pairs)
        values = rows.values[some.start : some.stop + WINDOW - 1]
        left_out = _left_out(len(protein), some, logits.device)
        self._gathering.gather(logits, left_out, values, into=gathered.flatten(0, 1))
        return self._joining.probabilities(both.flatten(0, 1)).view(len(some), AMINO_ACIDS)

    def _pair_logits(self, protein: Protein, related: Related, rows: Rows, some: range) -> Tensor:
        """Logits by pairs, (B, H, 129)."""
        logits = self._unrelated.expand(len(some), WINDOW + 1, -1).contiguous()
        encoder = PairLogits(self._encoding, self._attention)
        for features in self.relating.features(protein, related, rows.frequencies, some):
            apart = None if related.apart is None else related.apart[features.center]
            found = encoder.logits(features, apart)
            logits[features.center - some.start, : len(found)] = found
        place = related.place[some.start : some.stop, :, None].expand(-1, -1, logits.shape[2])
        return logits.gather(1, place).mT


def _relating(model: GMVP) -> Counting | Inverting:
    if model.config.pairwise_type == "inv_cov":
        return Inverting(copy.deepcopy(model.evol_encoder).requires_grad_(False))
    centered = model.config.pairwise_type == "cov"
    normed = AMINO_ACIDS if model.config.pairwise_norm == "paper" else RESIDUE_STATES
    return Counting(centered, normed * centered)


def _left_out(length: int, some: range, device: torch.device) -> Tensor:
    """Tell which positions of windows attention leaves out, (B, 129): the centre, and beyond."""
    centers = torch.arange(some.start, some.stop, device=device)[:, None]
    offsets = torch.arange(-CENTER, CENTER + 1, device=device)
    positions = centers + offsets
    return (positions < 0) | (positions >= length) | (offsets == 0)
