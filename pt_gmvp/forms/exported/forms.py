"""The two exported forms of a model: variant by variant, or residue by residue."""

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from converters.columns import ALIGNMENT, CENTER, FEATURE_COLUMNS, N_AMINO_ACIDS, RESIDUE, WINDOW
from pt_gmvp.attention import LEAKY_SLOPE, MASKED, MultiHeadAttention
from pt_gmvp.forms.exported import Form
from pt_gmvp.forms.fast.attention import fold, make_keys
from pt_gmvp.model import GMVP, context_node, site_node
from pt_gmvp.residues import one_hot


class Plain(nn.Module):
    """One variant per row, as the model itself takes them."""

    inputs = ("ref_aa", "alt_aa", "feature", "mask")

    def __init__(self, model: GMVP) -> None:
        super().__init__()
        self.model = _evaluated(model)

    def forward(
        self, ref_aa: Tensor, alt_aa: Tensor, feature: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Score variants.

        Args:
            ref_aa, alt_aa: (B,) int64, residue and substitute, 0 to 19; others become zeros.
            feature: (B, 129, 435), rows of the feature matrix around the variant, 0 outside of the
                protein.
            mask: (B, 129), 1 outside of the protein and at the centre, else 0.

        Returns:
            Logits and probabilities, (B,).
        """
        logit = self.model(ref_aa, alt_aa, feature, mask)
        return logit, logit.sigmoid()


class PerResidue(nn.Module):
    """One residue per row, with all of its 20 substitutes at once.

    What they share is computed once per residue: frequencies, covariances, the encodings of the
    neighbours and pairs and their part of the scores. Later changes of the weights have no effect.
    """

    inputs = ("feature", "mask")

    def __init__(self, model: GMVP) -> None:
        super().__init__()
        self.model = model = _evaluated(model)
        self.scores = attention_scores(model.mha)
        layer = model.variant_encoding
        residue, substitute, site = torch.split(
            layer.weight, [N_AMINO_ACIDS, N_AMINO_ACIDS, layer.in_features - 2 * N_AMINO_ACIDS], 1
        )
        self.register_buffer("shared", torch.cat([residue, site], 1))
        self.register_buffer("substitute", substitute.T.contiguous())
        self.shared: Tensor
        self.substitute: Tensor

    def forward(self, feature: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Score all substitutes of residues.

        Args:
            feature: (B, 129, 435), rows of the feature matrix around the residue, 0 outside of the
                protein; the centre's row has the residue.
            mask: (B, 129), 1 outside of the protein and at the centre, else 0.

        Returns:
            Logits and probabilities, (B, 20), in the order ACDEFGHIKLMNPQRSTVWY.
        """
        model = self.model
        frequencies, pairwise = model.evol_encoder(feature[..., ALIGNMENT])
        neighbors = model.neighbor_encoding(context_node(frequencies, feature)).relu()
        pairs = model.pairwise_encoding(pairwise).relu()
        residue = one_hot(feature[:, CENTER, RESIDUE], N_AMINO_ACIDS, feature.dtype)
        site = torch.cat([residue, site_node(frequencies, feature)], -1)
        common = functional.linear(site, self.shared, model.variant_encoding.bias)
        variants = (common[:, None] + self.substitute).relu()
        gathered = self._gather(self.scores(variants, neighbors, pairs), neighbors, mask)
        joined = model.gru(variants.flatten(0, 1), gathered.flatten(0, 1))
        logit = model.logit(joined).reshape(-1, N_AMINO_ACIDS)
        return logit, logit.sigmoid()

    def _gather(self, logits: Tensor, neighbors: Tensor, mask: Tensor) -> Tensor:
        """Return the values that substitutes attend to, (B, 20, M), by logits (B, H, 20, 130)."""
        mha = self.model.mha
        heads = mha.num_heads
        left_out = functional.pad(mask, (0, 1))[:, None, None]
        attention = (logits + mha.biases() + MASKED * left_out).softmax(-1)
        values = by_head(mha.wv(neighbors), heads)
        slot = by_head(mha.bias_v, heads)
        summed = attention[..., :WINDOW] @ values + attention[..., WINDOW:] * slot
        gathered: Tensor = mha.out_proj(summed.transpose(1, 2).flatten(2))
        return gathered


def make_form(form: Form, model: GMVP) -> Plain | PerResidue:
    """Make a form of a model, whose own weights are not changed."""
    return Plain(model) if form is Form.PLAIN else PerResidue(model)


def example(form: Form, rows: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Return positional inputs of a form, all zeros."""
    shapes = (rows, WINDOW, FEATURE_COLUMNS), (rows, WINDOW)
    windows = tuple(torch.zeros(shape, dtype=dtype) for shape in shapes)
    if form is Form.PER_RESIDUE:
        return windows
    residues = torch.zeros(rows, dtype=torch.int64)
    return residues, residues.clone(), *windows


def _evaluated(model: GMVP) -> GMVP:
    own = copy.deepcopy(model).eval().requires_grad_(False)
    own.form = "plain"
    return own


def attention_scores(mha: MultiHeadAttention) -> "Additive | Dot":
    """Return the layer that computes an attention's logits; divided by sqrt(D) in its weights."""
    return Dot(mha) if mha.attn_score_type == "dot" else Additive(mha)


class Additive(nn.Module):
    """Logits of "add" and "nn", which are linear in query, key and pair before the leaky_relu.

    Each of the three is projected to one number per head, by weights (H, F) that are combined in
    float64 and rounded once, and these are added.
    """

    def __init__(self, mha: MultiHeadAttention) -> None:
        super().__init__()
        exact, scale = copy.deepcopy(mha).double(), 1 / _root(mha)
        folded = fold(exact)
        keys = make_keys(exact, folded, exact.wq.weight.new_zeros(1, mha.wq.in_features))
        query, key, pairs = (weight for weight, _ in folded)
        parts = {
            "query": query,
            "key": key,
            "pairs": pairs,
            "to_positions": keys.to_positions[0, :, None, None],
            "to_slot": keys.to_slot[0, :, None, None],
        }
        for name, part in parts.items():
            self.register_buffer(name, (part * scale).to(mha.wq.weight.dtype).contiguous())
        self.query: Tensor
        self.key: Tensor
        self.pairs: Tensor
        self.to_positions: Tensor
        self.to_slot: Tensor

    def forward(self, variants: Tensor, neighbors: Tensor, pairs: Tensor) -> Tensor:
        """Compute logits.

        Args:
            variants: (B, 20, F), encodings of the substitutes.
            neighbors, pairs: (B, L, F), encodings of the window's positions.

        Returns:
            (B, H, 20, L + 1), the slot last.
        """
        asked = functional.linear(variants, self.query).mT[..., None]
        found = functional.linear(neighbors, self.key) + functional.linear(pairs, self.pairs)
        at_positions = asked + (found.mT[:, :, None] + self.to_positions)
        logits = torch.cat([at_positions, asked + self.to_slot], -1)
        return functional.leaky_relu(logits, LEAKY_SLOPE)


class Dot(nn.Module):
    """Logits of "dot": products of query and key, and a weighted sum of tanh of the pair."""

    def __init__(self, mha: MultiHeadAttention) -> None:
        super().__init__()
        self.mha, self.scale = mha, 1 / _root(mha)

    def forward(self, variants: Tensor, neighbors: Tensor, pairs: Tensor) -> Tensor:
        """Compute logits; arguments and result as in `Additive`."""
        mha, heads = self.mha, self.mha.num_heads
        query = by_head(mha.wq(variants) * self.scale, heads)
        keys = by_head(mha.wk(neighbors), heads)
        agg = mha.agg_pairwise * self.scale
        of_pairs = (by_head(mha.w_pairwise(pairs).tanh(), heads) * agg).sum(-1)
        at_positions = query @ keys.mT + of_pairs[:, :, None]
        of_slot = (by_head(mha.bias_pairwise, heads).tanh() * agg).sum(-1, keepdim=True)
        slot = (query * by_head(mha.bias_k, heads)).sum(-1, keepdim=True) + of_slot
        return torch.cat([at_positions, slot], -1)


def by_head(x: Tensor, heads: int) -> Tensor:
    """Split (B, T, M) into heads, (B, H, T, D)."""
    return x.reshape(*x.shape[:2], heads, x.shape[2] // heads).transpose(1, 2)


def _root(mha: MultiHeadAttention) -> float:
    return math.sqrt(mha.wq.out_features // mha.num_heads)
