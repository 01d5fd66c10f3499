"""The whole model: from a variant and its window to a logit."""

from importlib import import_module
from pathlib import Path
from typing import Self

import torch
from torch import Generator, Tensor, nn

from converters.columns import (
    ALIGNED_RESIDUES,
    ALIGNMENT,
    CENTER_COLUMNS,
    CONTEXT_COLUMNS,
    FEATURE_COLUMNS,
    N_AMINO_ACIDS,
    PROFILE,
    RESIDUE,
    RESIDUE_STATES,
    STRUCTURE,
    STRUCTURE_AND_COUNTS,
    WINDOW,
)
from converters.model_config import PAIRWISE_COLUMNS
from pt_gmvp.attention import MultiHeadAttention
from pt_gmvp.config import ConfigError, ModelConfig
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.gru import GRUCell
from pt_gmvp.initializers import Dense
from pt_gmvp.pretrained import load_pretrained, save_pretrained
from pt_gmvp.residues import check_residues, one_hot

# Columns of a neighbour's description with its residue frequencies.
CONTEXT_FREQUENCIES = slice(N_AMINO_ACIDS, N_AMINO_ACIDS + RESIDUE_STATES)
FORMS = ("plain", "fast")


class ArgumentError(ValueError):
    """Raised for an argument of another shape than the model takes."""


class GMVP(nn.Module):
    """Graph attention from a missense variant to its neighbours (doi:10.1038/s42256-022-00561-w).

    Args:
        config: what to build, by default the released configuration.
        generator: source of the initial values, which are Keras'; the global one if None.
        validate: check each call's arguments, which waits for an accelerator to have the residue
            codes. Also an attribute, which may change at any time.
        form: "plain", or "fast" for the same sums in another order (`pt_gmvp.forms.fast`), with the
            same weights, and the same results up to rounding. Also an attribute, which may change
            at any time.

    Raises:
        ConfigError: a pairwise type that does not return (B, L, columns), so no model can use it.
        ArgumentError: an unknown form.
    """

    def __init__(
        self,
        config: ModelConfig | None = None,
        *,
        generator: Generator | None = None,
        validate: bool = True,
        form: str = "plain",
    ) -> None:
        super().__init__()
        self.form = form
        config = config or ModelConfig()
        if config.pairwise_type not in PAIRWISE_COLUMNS:
            raise ConfigError(
                f"pairwise_type is {config.pairwise_type!r}, which is only available in a separate "
                f"EvolEncoder; allowed in a whole model: {', '.join(PAIRWISE_COLUMNS)}"
            )
        self.config = config
        self.validate = validate
        d_fc, d_model = config.d_fc, config.d_model
        self.variant_encoding = Dense(CENTER_COLUMNS, d_fc)
        self.neighbor_encoding = Dense(CONTEXT_COLUMNS, d_fc)
        self.pairwise_encoding = Dense(PAIRWISE_COLUMNS[config.pairwise_type], d_fc)
        # The model checks the same residues itself, under its own argument's name.
        self.evol_encoder = EvolEncoder(
            config.pairwise_type, config.weighting_schema, config.pairwise_norm, validate=False
        )
        self.logit = Dense(d_model, 1)
        self.mha = MultiHeadAttention(d_fc, d_model, config.num_heads, config.attn_score_type)
        self.gru = GRUCell(d_fc, d_model, config.dropout_rate)
        if generator is not None:
            self.reset_parameters(generator)

    @property
    def form(self) -> str:
        """Return the form of the arithmetic, "plain" or "fast"."""
        return self._form

    @form.setter
    def form(self, form: str) -> None:
        if form not in FORMS:
            raise ArgumentError(f"form is {form!r}; allowed: {', '.join(FORMS)}")
        self._form = form

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw new initial values for all weights, as Keras does."""
        for layer in (
            self.variant_encoding,
            self.neighbor_encoding,
            self.pairwise_encoding,
            self.evol_encoder,
            self.logit,
            self.mha,
            self.gru,
        ):
            layer.reset_parameters(generator)

    def forward(
        self,
        ref_aa: Tensor,
        alt_aa: Tensor,
        feature: Tensor,
        mask: Tensor,
        window: Tensor | None = None,
        gru_masks: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Score variants.

        Args:
            ref_aa: (B,) int, the protein's residue, 0 to 19; any other is encoded as zeros.
            alt_aa: (B,) int, the residue it changes to.
            feature: (B, L, 435), rows of the feature matrix around the variant, zero outside of the
                protein. It is cast to the dtype of the weights, and `mask` too.
            mask: (B, L), 1 where a neighbour is ignored: outside of the protein, and the centre.
            window: (B,) int, each variant's row of `feature` and `mask`, if variants of one
                position share theirs; None if each has its own.
            gru_masks: dropout masks of the GRU cell's inputs and state, as its `forward` has them.

        Returns:
            Logits (B,), in the dtype of the weights.

        Raises:
            ArgumentError: an argument has another shape.
            ResidueCodeError: a residue code is NaN, infinite or negative.
        """
        if self.form == "fast":
            return self._fast(False, ref_aa, alt_aa, feature, mask, window, gru_masks)["logit"]
        return self.trace(ref_aa, alt_aa, feature, mask, window, gru_masks)["logit"]

    def trace(
        self,
        ref_aa: Tensor,
        alt_aa: Tensor,
        feature: Tensor,
        mask: Tensor,
        window: Tensor | None = None,
        gru_masks: tuple[Tensor, Tensor] | None = None,
    ) -> dict[str, Tensor]:
        """Run `forward` and return every intermediate by name, in the order of computation.

        "evol_encoder/frequencies" (B, L, 21), "evol_encoder/pairwise" (B, L, 441 or 442), "context"
        (B, L, 73), "center" (B, 91), "variant_encoding" (B, F), "neighbor_encoding" and
        "pairwise_encoding" (B, L, F), "mha/..." as in MultiHeadAttention.trace, "mha" and "gru"
        (B, M), "logit" and "probability" (B,). If windows are shared, the evol_encoder's
        intermediates, "context", "neighbor_encoding" and "pairwise_encoding" have one row per
        window. The fast form has no "mha/q", "mha/k", "mha/v" and "mha/pairwise".
        """
        if self.form == "fast":
            return self._fast(True, ref_aa, alt_aa, feature, mask, window, gru_masks)
        if self.validate:
            _check_arguments(ref_aa, alt_aa, feature, mask, window)
        feature = feature.to(self.logit.weight.dtype)
        frequencies, pairwise = self.evol_encoder(feature[..., ALIGNMENT])
        context = context_node(frequencies, feature)
        neighbors = self.neighbor_encoding(context).relu()
        pairs = self.pairwise_encoding(pairwise).relu()
        # From here on a row is a variant, not a window.
        rows = slice(None) if window is None else window
        center = center_node(ref_aa, alt_aa, site_node(frequencies, feature)[rows])
        variant = self.variant_encoding(center).relu()
        attention = self.mha.trace(variant[:, None], neighbors[rows], pairs[rows], mask[rows])
        gathered = attention.pop("mha")
        joined = self.gru(variant, gathered, *(gru_masks or ()))
        logit = self.logit(joined).squeeze(-1)
        return {
            "evol_encoder/frequencies": frequencies,
            "evol_encoder/pairwise": pairwise,
            "context": context,
            "center": center,
            "variant_encoding": variant,
            "neighbor_encoding": neighbors,
            "pairwise_encoding": pairs,
            **{f"mha/{name}": intermediate for name, intermediate in attention.items()},
            "mha": gathered,
            "gru": joined,
            "logit": logit,
            "probability": logit.sigmoid(),
        }

    def _fast(
        self,
        every_intermediate: bool,
        ref_aa: Tensor,
        alt_aa: Tensor,
        feature: Tensor,
        mask: Tensor,
        window: Tensor | None,
        gru_masks: tuple[Tensor, Tensor] | None,
    ) -> dict[str, Tensor]:
        # By name, as the forms import this module.
        trace = import_module("pt_gmvp.forms.fast.model").trace
        if self.validate:
            _check_arguments(ref_aa, alt_aa, feature, mask, window)
        intermediates: dict[str, Tensor] = trace(
            self, ref_aa, alt_aa, feature, mask, window, gru_masks, every_intermediate
        )
        return intermediates

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> Self:
        """Load a model, in evaluation mode, from a folder with model.safetensors and config.json.

        Raises:
            PretrainedError: a file is missing or damaged, or a tensor is missing, unexpected, or of
                another shape or dtype.
            ConfigError: config.json has a key or a value that is not gMVP's.
        """
        config, state = load_pretrained(folder, cls._expected)
        with torch.device("meta"):
            model = cls(config)
        model.load_state_dict(state, assign=True)
        return model.eval()

    def save_pretrained(self, folder: str | Path) -> None:
        """Write model.safetensors and config.json into `folder`, which is made if need be.

        Raises:
            OSError: the folder or a file cannot be written; existing files stay intact.
        """
        save_pretrained(folder, self.config, self.state_dict())

    @classmethod
    def _expected(cls, config: ModelConfig) -> dict[str, tuple[int, ...]]:
        with torch.device("meta"):
            return {name: tuple(array.shape) for name, array in cls(config).state_dict().items()}


def context_node(frequencies: Tensor, feature: Tensor) -> Tensor:
    """Return the description of each neighbour, (B, L, 73)."""
    return torch.cat(
        [
            one_hot(feature[..., RESIDUE], N_AMINO_ACIDS, feature.dtype),
            frequencies,
            feature[..., PROFILE],
            feature[..., STRUCTURE_AND_COUNTS],
        ],
        -1,
    )


def site_node(frequencies: Tensor, feature: Tensor) -> Tensor:
    """Return the description of the variant's position, (B, 51), without its variant counts."""
    center = feature.shape[1] // 2
    profile, structure = feature[:, center, PROFILE], feature[:, center, STRUCTURE]
    return torch.cat([frequencies[:, center], profile, structure], -1)


def center_node(ref_aa: Tensor, alt_aa: Tensor, site: Tensor) -> Tensor:
    """Return the description of the variant, (B, 91)."""
    residues = (one_hot(residue, N_AMINO_ACIDS, site.dtype) for residue in (ref_aa, alt_aa))
    return torch.cat([*residues, site], -1)


def _check_arguments(
    ref_aa: Tensor, alt_aa: Tensor, feature: Tensor, mask: Tensor, window: Tensor | None
) -> None:
    expected = f"(B, {WINDOW}, {FEATURE_COLUMNS})"
    if feature.ndim != 3 or feature.shape[1:] != (WINDOW, FEATURE_COLUMNS):
        raise ArgumentError(f"feature has shape {tuple(feature.shape)}; expected {expected}")
    _check_rows("mask", mask, (feature.shape[0], WINDOW), "feature")
    if window is None:
        _check_rows("ref_aa", ref_aa, tuple(feature.shape[:1]), "feature")
    _check_rows("alt_aa", alt_aa, tuple(ref_aa.shape[:1]), "ref_aa")
    if window is not None:
        _check_rows("window", window, tuple(ref_aa.shape[:1]), "ref_aa")
    check_residues("ref_aa", ref_aa)
    check_residues("alt_aa", alt_aa)
    check_residues("feature", feature[..., RESIDUE : RESIDUE + 1])
    species = feature[..., ALIGNED_RESIDUES]
    check_residues("feature", species, first_column=ALIGNED_RESIDUES.start)


def _check_rows(name: str, tensor: Tensor, expected: tuple[int, ...], other: str) -> None:
    if tensor.shape != expected:
        raise ArgumentError(
            f"{name} has shape {tuple(tensor.shape)}; expected {expected} to match {other}"
        )
