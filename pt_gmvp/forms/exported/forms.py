"""The two forms in which a model is exported: variant by variant, or residue by residue."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from pt_gmvp.attention import MASKED
from pt_gmvp.config import CENTER, FEATURE_COLUMNS, WINDOW
from pt_gmvp.evol_encoder import AMINO_ACIDS
from pt_gmvp.forms.exported.form import Form
from pt_gmvp.forms.exported.scores import attention_scores, by_head
from pt_gmvp.model import ALIGNMENT, GMVP, RESIDUE, context_node, site_node
from pt_gmvp.residues import one_hot


class Plain(nn.Module):
    """A variant a row, as the model itself takes them."""

    inputs = ("ref_aa", "alt_aa", "feature", "mask")

    def __init__(self, model: GMVP) -> None:
        super().__init__()
        self.model = _evaluated(model)

    def forward(
        self, ref_aa: Tensor, alt_aa: Tensor, feature: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Score variants.

        Args:
            ref_aa, alt_aa: (B,) int64, residue and substitute, 0 to 19; any other counts as none.
            feature: (B, 129, 435), rows of the feature matrix around the variant, 0 outside of the
                protein.
            mask: (B, 129), 1 outside of the protein and at the centre, else 0.

        Returns:
            Logits and probabilities, (B,).
        """
        logit = self.model(ref_aa, alt_aa, feature, mask)
        return logit, logit.sigmoid()


class PerResidue(nn.Module):
    """A residue a row, with all of its 20 substitutes at once.

    What they share is computed once a residue: frequencies, covariances, the encodings of the
    neighbours and pairs and their part of the scores. Later changes of the weights are not seen.
    """

    inputs = ("feature", "mask")

    def __init__(self, model: GMVP) -> None:
        super().__init__()
        self.model = model = _evaluated(model)
        self.scores = attention_scores(model.mha)
        layer = model.variant_encoding
        residue, substitute, site = torch.split(
            layer.weight, [AMINO_ACIDS, AMINO_ACIDS, layer.in_features - 2 * AMINO_ACIDS], 1
        )
        self.register_buffer("shared", torch.cat([residue, site], 1))
        self.register_buffer("substitute", substitute.T.contiguous())
        self.shared: Tensor
        self.substitute: Tensor

    def forward(self, feature: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Score all substitutes of residues.

        Args:
            feature: (B, 129, 435), rows of the feature matrix around the residue, 0 outside of the
                protein; the residue is what the centre's row says.
            mask: (B, 129), 1 outside of the protein and at the centre, else 0.

        Returns:
            Logits and probabilities, (B, 20), the substitutes in the order ACDEFGHIKLMNPQRSTVWY.
        """
        model = self.model
        frequencies, pairwise = model.evol_encoder(feature[..., ALIGNMENT])
        neighbors = model.neighbor_encoding(context_node(frequencies, feature)).relu()
        pairs = model.pairwise_encoding(pairwise).relu()
        residue = one_hot(feature[:, CENTER, RESIDUE], AMINO_ACIDS, feature.dtype)
        site = torch.cat([residue, site_node(frequencies, feature)], -1)
        common = functional.linear(site, self.shared, model.variant_encoding.bias)
        variants = (common[:, None] + self.substitute).relu()
        gathered = self._gather(self.scores(variants, neighbors, pairs), neighbors, mask)
        joined = model.gru(variants.flatten(0, 1), gathered.flatten(0, 1))
        logit = model.logit(joined).reshape(-1, AMINO_ACIDS)
        return logit, logit.sigmoid()

    def _gather(self, logits: Tensor, neighbors: Tensor, mask: Tensor) -> Tensor:
        """Sum the values that substitutes attend to, (B, 20, M), by logits (B, H, 20, 130)."""
        mha = self.model.mha
        heads = mha.num_heads
        left_out = functional.pad(mask, (0, 1))[:, None, None]
        attention = (logits + mha.biases() + MASKED * left_out).softmax(-1)
        values = by_head(mha.wv(neighbors), heads)
        slot = by_head(mha.bias_v, heads)
        summed = attention[..., :WINDOW] @ values + attention[..., WINDOW:] * slot
        gathered: Tensor = mha.out_proj(summed.transpose(1, 2).flatten(2))
        return gathered


def made(form: Form, model: GMVP) -> Plain | PerResidue:
    """Make a form of a model, whose own weights stay as they are."""
    return Plain(model) if form is Form.PLAIN else PerResidue(model)


def example(form: Form, rows: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Inputs of a form, all zeros, by position."""
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
