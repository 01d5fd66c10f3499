"""The whole gMVP model: from a variant and its window to a logit."""

from pathlib import Path

import tensorflow as tf
import tf_keras

from legacy_tf.attention import MultiHeadAttention
from legacy_tf.config import AMINO_ACIDS, FEATURE_COLUMNS, SPECIES, WINDOW, ConfigError, ModelConfig
from legacy_tf.evol_encoder import EvolEncoder
from legacy_tf.gru import GRUCell
from legacy_tf.weights import WeightsError, check_weights, write_beside

# Columns of the feature matrix, after the residue: its conservation profile, the species' residues
# and identities, structure, and population counts, which the centre's description leaves out.
PROFILE = slice(1, 21)
ALIGNMENT = slice(21, 21 + 2 * SPECIES)
STRUCTURE = slice(421, 431)
STRUCTURE_AND_COUNTS = slice(421, 433)

# A whole model needs a pair feature for each neighbour, which the other two types do not have.
MODEL_PAIRWISE_TYPES = ("fre", "cov", "inv_cov")


class GMVP(tf_keras.Model):
    """Graph attention from a missense variant to its neighbours (doi:10.1038/s42256-022-00561-w).

    Raises ConfigError for a pairwise type that a whole model does not support, and if d_model is
    not a multiple of the number of heads.
    """

    def __init__(self, config: ModelConfig, dtype: str = "float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        if config.pairwise_type not in MODEL_PAIRWISE_TYPES:
            raise ConfigError(
                f"model.pairwise_type is {config.pairwise_type!r}, which only the EvolEncoder "
                f"itself supports; a whole model allows one of {', '.join(MODEL_PAIRWISE_TYPES)}"
            )
        self.config = config
        # Only this order identifies the layers in a Keras weight file.
        self.variant_encoding = _encoding(config.d_fc, dtype)
        self.neighbor_encoding = _encoding(config.d_fc, dtype)
        self.pairwise_encoding = _encoding(config.d_fc, dtype)
        self.evol_encoder = EvolEncoder(
            config.pairwise_type, config.weighting_schema, config.pairwise_norm, dtype=dtype
        )
        self.logit = tf_keras.layers.Dense(1, dtype=dtype)
        self.mha = MultiHeadAttention(
            config.d_model, config.num_heads, config.attn_score_type, dtype=dtype
        )
        self.gru = GRUCell(config.d_model, config.dropout_rate, dtype=dtype)

    def call(self, ref_aa, alt_aa, feature, mask, training=False, masks=None, intermediates=False):
        """Return the logit of each variant, (B,), in the model's dtype.

        ref_aa and alt_aa (B,) int: residues; 20 and anything out of range give zeros.
        feature (B, L, 435), mask (B, L): 1 where a neighbour is ignored, usually outside the
        protein and at the centre. masks: dropout masks for the GRU cell. With `intermediates`,
        returns all intermediates as a dict; see `trace`.
        """
        feature = tf.cast(feature, self.compute_dtype)
        evolution = self.evol_encoder.trace(feature[:, :, ALIGNMENT])
        frequencies = evolution["frequencies"]
        context = self._context(frequencies, feature)
        center = self._center(ref_aa, alt_aa, frequencies, feature)
        variant = self.variant_encoding(center)
        neighbors = self.neighbor_encoding(context)
        pairs = self.pairwise_encoding(evolution["pairwise"])
        attention = self.mha.trace(variant[:, tf.newaxis], neighbors, pairs, mask)
        gathered = attention.pop("mha")
        if tf.executing_eagerly():
            # The release only runs as a graph, where no masks of earlier calls are left.
            self.gru.reset_masks()
        joined = self.gru(variant, gathered, training=training, masks=masks)
        logit = tf.squeeze(self.logit(joined), axis=-1)
        if not intermediates:
            return logit
        return {
            **{f"evol_encoder/{name}": value for name, value in evolution.items()},
            "context": context,
            "center": center,
            "variant_encoding": variant,
            "neighbor_encoding": neighbors,
            "pairwise_encoding": pairs,
            **{f"mha/{name}": value for name, value in attention.items()},
            "mha": gathered,
            "gru": joined,
            "logit": logit,
            "probability": tf.sigmoid(logit),
        }

    def trace(self, ref_aa, alt_aa, feature, mask, training=False, masks=None):
        """Return every intermediate of `call` by name, in the order of computation.

        "evol_encoder/frequencies" (B, L, 21), "evol_encoder/pairwise" (B, L, 441 or 442), "context"
        (B, L, 73), "center" (B, 91), "variant_encoding" (B, F), "neighbor_encoding" and
        "pairwise_encoding" (B, L, F), "mha/..." as in MultiHeadAttention.trace, "mha" and
        "gru" (B, M), "logit" and "probability" (B,).
        """
        return self(
            ref_aa, alt_aa, feature, mask, training=training, masks=masks, intermediates=True
        )

    def _context(self, frequencies: tf.Tensor, feature: tf.Tensor) -> tf.Tensor:
        """Return the description of each neighbour, (B, L, 73)."""
        parts = [
            self._one_hot(feature[:, :, 0]),
            frequencies,
            feature[:, :, PROFILE],
            feature[:, :, STRUCTURE_AND_COUNTS],
        ]
        return tf.concat(parts, axis=-1)

    def _center(self, ref_aa, alt_aa, frequencies: tf.Tensor, feature: tf.Tensor) -> tf.Tensor:
        """Return the description of the variant, (B, 91)."""
        center = feature.shape[1] // 2
        parts = [
            self._one_hot(ref_aa),
            self._one_hot(alt_aa),
            frequencies[:, center],
            feature[:, center, PROFILE],
            feature[:, center, STRUCTURE],
        ]
        return tf.concat(parts, axis=-1)

    def _one_hot(self, residues: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(tf.cast(residues, tf.int32), AMINO_ACIDS, dtype=self.compute_dtype)

    def canonical_weights(self) -> dict[str, tf.Variable]:
        """Return the weights by canonical name, such as "mha/wq/kernel", in the order of `weights`.

        Raises WeightsError if the model is not built.
        """
        self._require_built("its weights do not exist")
        named: dict[str, tf.Variable] = {}
        for name in ("variant_encoding", "neighbor_encoding", "pairwise_encoding"):
            named |= _attributes(name, getattr(self, name).layers[0], "kernel", "bias")
        named |= _attributes("evol_encoder", self.evol_encoder, "species_weights")
        named |= _attributes("logit", self.logit, "kernel", "bias")
        own = ("position_bias", "agg_v", "agg_pairwise", "bias_k", "bias_v")
        named |= _attributes("mha", self.mha, *own, "bias_position_bias", "bias_pairwise")
        for name in ("wq", "wk", "wv", "out_proj", "w_pairwise"):
            named |= _attributes(f"mha/{name}", getattr(self.mha, name), "kernel", "bias")
        return named | _attributes("gru", self.gru, "kernel", "recurrent_kernel", "bias")

    def load_weights(self, filepath, by_name: bool = False, **kwargs):
        """Load Keras 2 HDF5 weights by order, the only correct way.

        Raises WeightsError if the model is not built, if the file is missing, truncated or not
        HDF5, and for weights of another model, naming the first that does not fit.
        """
        if by_name:
            raise WeightsError(
                f"{filepath}: Keras' automatic names differ from model to model, and loading by "
                "name silently takes wrong values; load by order (by_name=False)"
            )
        self._require_built(f"{filepath} cannot be loaded")
        check_weights(Path(filepath), self)
        return super().load_weights(str(filepath), **kwargs)

    def save_weights(self, filepath, **kwargs) -> None:
        """Write Keras 2 HDF5 weights; the file appears complete or not at all."""
        self._require_built(f"{filepath} cannot be written")
        with write_beside(Path(filepath)) as partial:
            super().save_weights(str(partial), save_format="h5", **kwargs)

    def _require_built(self, consequence: str) -> None:
        if not self.gru.built:
            raise WeightsError(
                f"the model is not built yet, so {consequence}; "
                "make it with legacy_tf.build(config), or call it once"
            )


def _encoding(units: int, dtype: str) -> tf_keras.Sequential:
    """Return a dense layer with relu, in a Sequential as in the release's weight files."""
    return tf_keras.Sequential([tf_keras.layers.Dense(units, activation="relu", dtype=dtype)])


def _attributes(prefix: str, layer: tf_keras.layers.Layer, *names: str) -> dict[str, tf.Variable]:
    """Return those of the named weights that the layer has."""
    return {f"{prefix}/{name}": getattr(layer, name) for name in names if hasattr(layer, name)}


def build(config: ModelConfig, dtype: str = "float32") -> GMVP:
    """Return a model with all its weights created, at Keras' initial values.

    Raises ConfigError as GMVP does.
    """
    model = GMVP(config, dtype=dtype)
    residue = tf.zeros([1], tf.int32)
    # Not model(...), which would prefix the weights' names with the model's own; the files of the
    # release have no prefix.
    model.call(residue, residue, tf.zeros([1, WINDOW, FEATURE_COLUMNS]), tf.zeros([1, WINDOW]))
    model.built = True
    return model
