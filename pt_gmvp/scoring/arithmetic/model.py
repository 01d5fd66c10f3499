"""One model made ready, and a stretch of a protein through all of it."""

import copy
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import CENTER, RESIDUE_STATES, WINDOW
from pt_gmvp.evol_encoder import AMINO_ACIDS
from pt_gmvp.model import GMVP
from pt_gmvp.scoring.arithmetic.attention import Additive, Dot, Gathering
from pt_gmvp.scoring.arithmetic.counting import Counting, Frequencies
from pt_gmvp.scoring.arithmetic.joining import Joining, Variants
from pt_gmvp.scoring.arithmetic.pairs import PairEncoding, PairLogits
from pt_gmvp.scoring.arithmetic.protein import STATES, Protein
from pt_gmvp.scoring.arithmetic.related import Related

_STRUCTURE = 10
_ROWS = 256


class Rows(NamedTuple):
    """What a model makes of each position of a protein.

    keys, values: (n + 128, H or M) and (n + 128, M), with zeros beyond either end.
    shared: (n, F), what substitutions share of their encodings.
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
        self.config = model.config
        self._dtype = model.logit.weight.dtype
        exact = copy.deepcopy(model).double()
        kind = Dot if model.config.attn_score_type == "dot" else Additive
        self._attention: Additive | Dot = self._rounded(kind.of(exact.mha))
        self._gathering = self._rounded(Gathering.of(exact.mha))
        self._variants = self._rounded(Variants.of(exact))
        self._joining = self._rounded(Joining.of(exact))
        self._encoding = self._rounded(PairEncoding.of(exact))
        layer = exact.neighbor_encoding
        self._neighbors, self._neighbors_bias = self._rounded((layer.weight.T.contiguous(), layer.bias))
        self._species = exact.evol_encoder.weights(exact.logit.weight).detach()
        self.counting = _counting(model)
        self._unrelated = self._encoding.unrelated(self._attention)

    def _rounded(self, tensors):
        rounded = [tensor.detach().to(self._dtype).contiguous() for tensor in tensors]
        return type(tensors)(*rounded) if hasattr(tensors, "_fields") else tuple(rounded)

    def rows(self, protein: Protein, related: Related) -> Rows:
        """Make what does not depend on a window."""
        count = len(protein)
        device = self._species.device
        frequencies = torch.zeros(count, STATES, dtype=torch.float64, device=device)
        frequencies.scatter_add_(1, protein.states, self._species.expand(count, -1))
        counted = frequencies[:, :RESIDUE_STATES].to(self._dtype)
        profile, structure = protein.profile.to(self._dtype), protein.structure.to(self._dtype)
        residues = functional.one_hot(protein.residues, AMINO_ACIDS + 1)[:, :AMINO_ACIDS]
        contexts = torch.cat([residues.to(self._dtype), counted, profile, structure], -1)
        sites = torch.cat([counted, profile, structure[:, :_STRUCTURE]], -1)
        keys, values = [], []
        for some in contexts.split(_ROWS):
            encoded = torch.addmm(self._neighbors_bias, some, self._neighbors).relu_()
            keys.append(self._attention.keys(encoded))
            values.append(self._gathering.values(encoded))
        beyond = (0, 0, CENTER, CENTER)
        closed = functional.pad(counted[related.kept], (0, 0, 0, WINDOW))
        at = functional.pad(frequencies.to(self._dtype), (0, 1))
        return Rows(
            Frequencies(self._species.to(self._dtype), at, closed),
            functional.pad(torch.cat(keys), beyond),
            functional.pad(torch.cat(values), beyond),
            self._variants.at_sites(sites, protein.residues),
        )

    def probabilities(self, protein: Protein, related: Related, rows: Rows, some: range) -> Tensor:
        """Score the substitutions of residues that follow each other, (B, 20)."""
        count, inside = len(some), slice(some.start, some.stop)
        pairs = self._pair_logits(protein, related, rows, some)
        width = rows.shared.shape[1]
        both = rows.shared.new_empty(count, AMINO_ACIDS, width + rows.values.shape[1])
        variants = both[..., :width]
        self._variants.encode(rows.shared[inside], variants)
        keys = rows.keys.unfold(0, WINDOW, 1)[inside].mT
        logits = self._attention.logits(variants, keys, pairs)
        flat = both.flatten(0, 1)
        positions = torch.arange(some.start, some.stop, device=flat.device)[:, None]
        positions = positions + torch.arange(-CENTER, CENTER + 1, device=flat.device)
        left_out = (positions < 0) | (positions >= len(protein))
        left_out[:, CENTER] = True
        values = rows.values[some.start : some.stop + WINDOW - 1]
        self._gathering.gather(logits, left_out, values, flat[:, width:])
        return self._joining.probabilities(flat).view(count, AMINO_ACIDS)

    def _pair_logits(self, protein: Protein, related: Related, rows: Rows, some: range) -> Tensor:
        """(B, H, 129)."""
        logits = self._unrelated.expand(len(some), WINDOW + 1, -1).contiguous()
        encoder = PairLogits(self._encoding, self._attention)
        for features in self.counting.features(protein, related, rows.frequencies, some):
            apart = None if related.apart is None else related.apart[features.center]
            found = encoder.logits(features, apart)
            logits[features.center - some.start, : len(found)] = found
        place = related.place[some.start : some.stop, :, None].expand(-1, -1, logits.shape[2])
        return logits.gather(1, place).mT


def _counting(model: GMVP) -> Counting:
    centered = model.config.pairwise_type == "cov"
    normed = AMINO_ACIDS if model.config.pairwise_norm == "paper" else RESIDUE_STATES
    return Counting(centered, normed * centered)
