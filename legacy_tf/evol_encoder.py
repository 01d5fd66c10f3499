"""Co-evolution layer: residue frequencies and pair features from an alignment."""

import tensorflow as tf
import tf_keras

from legacy_tf.config import (
    AMINO_ACIDS,
    PAIRWISE_NORMS,
    PAIRWISE_TYPES,
    RESIDUE_STATES,
    SPECIES,
    WEIGHTING_SCHEMAS,
    ConfigError,
)

# Keeps the gradient of the square root finite where two columns do not co-vary at all.
NORM_EPSILON = 1e-12
# Makes the covariance of all positions invertible; without it, it never has full rank.
RIDGE = 0.01


class EvolEncoder(tf_keras.layers.Layer):
    """Weighted residue frequencies of each position, and its covariation with the centre.

    With s the species weights, X the one-hot residues and f the frequencies, the covariance of
    positions i and j is sum_n s_n (X_n[i] - f[i]) (X_n[j] - f[j])^T, flattened from 21 x 21 with
    the state at i as the slow index (doi:10.1038/s42256-022-00561-w, there with s_n = 1/N).

    pairwise_type
        none: no second output. fre: joint frequencies with the centre, (B, L, 441).
        cov: covariance with the centre and its norm, (B, L, 442).
        cov_all: the same for every pair of positions, (B, L, L, 442).
        inv_cov: the centre's rows of the inverse of the whole covariance, with 0.01 added to its
        diagonal, (B, L, 441).
    weighting_schema
        spe: softmax of trainable weights, (1, N). none: 1/N each.
    pairwise_norm
        released: over all 441 pairs of states. paper: over the 400 pairs of amino acids.

    Raises ConfigError for any other value of these three.
    """

    def __init__(
        self,
        pairwise_type: str = "cov",
        weighting_schema: str = "spe",
        pairwise_norm: str = "released",
        name: str | None = None,
        **kwargs,
    ):
        # The name of the released class, which is written into weight files.
        super().__init__(name=name or _count_up("evol_encoder2"), **kwargs)
        for what, value, allowed in (
            ("pairwise_type", pairwise_type, PAIRWISE_TYPES),
            ("weighting_schema", weighting_schema, WEIGHTING_SCHEMAS),
            ("pairwise_norm", pairwise_norm, PAIRWISE_NORMS),
        ):
            if value not in allowed:
                raise ConfigError(f"{what} is {value!r}; allowed is one of {', '.join(allowed)}")
        self.pairwise_type = pairwise_type
        self.weighting_schema = weighting_schema
        self.pairwise_norm = pairwise_norm

    def build(self, input_shape) -> None:
        """Create the species weights if they are trained."""
        if self.weighting_schema == "spe":
            self.species_weights = self.add_weight(
                name="species_weights", shape=(1, SPECIES), initializer="zeros"
            )
        super().build(input_shape)

    def call(self, x: tf.Tensor, intermediates: bool = False):
        """Return (frequencies, pairwise) for `x` (B, L, 400), of which 200 columns are used.

        Residues are cast to int by truncation; one outside 0..20 becomes a row of zeros.
        frequencies is (B, L, 21), pairwise as described in the class, None for type none; both in
        the layer's dtype. With `intermediates`, returns them as a dict.
        """
        residues = tf.cast(x[:, :, :SPECIES], tf.int32)
        states = tf.one_hot(residues, RESIDUE_STATES, dtype=self.compute_dtype)  # (B, L, N, A)
        weights = self.normalized_species_weights()
        frequencies = tf.squeeze(tf.matmul(weights[tf.newaxis, :], states), axis=2)
        pairwise = self._pairwise(states, frequencies, weights)
        if intermediates:
            return {"frequencies": frequencies, "pairwise": pairwise}
        return frequencies, pairwise

    def trace(self, x: tf.Tensor) -> dict[str, tf.Tensor | None]:
        """Return the results of `call` by name: "frequencies" and "pairwise"."""
        return self(x, intermediates=True)

    def normalized_species_weights(self) -> tf.Tensor:
        """Return the weight of each species, (N,), summing to 1."""
        if self.weighting_schema == "spe":
            return tf.nn.softmax(self.species_weights, axis=-1)[0]
        return tf.fill([SPECIES], tf.constant(1.0 / SPECIES, dtype=self.compute_dtype))

    def _pairwise(self, states, frequencies, weights) -> tf.Tensor | None:
        if self.pairwise_type == "none":
            return None
        if self.pairwise_type != "fre":
            states = states - frequencies[:, :, tf.newaxis, :]
        # Each factor gets the square root of the weight, so their product has the weight.
        factors = states * tf.sqrt(weights)[:, tf.newaxis]
        if self.pairwise_type == "fre":
            return _flatten_states(_with_center(factors))
        if self.pairwise_type == "cov":
            return self._append_norm(_flatten_states(_with_center(factors)))
        covariance = _with_each_other(factors)
        if self.pairwise_type == "cov_all":
            return self._append_norm(_flatten_states(covariance))
        return _flatten_states(_center_of_inverse(covariance))

    def _append_norm(self, pairwise: tf.Tensor) -> tf.Tensor:
        """Append the norm of the last axis to (..., 441), giving (..., 442)."""
        squares = tf.square(pairwise)
        if self.pairwise_norm == "paper":
            shape = tf.concat([tf.shape(squares)[:-1], [RESIDUE_STATES, RESIDUE_STATES]], axis=0)
            squares = tf.reshape(squares, shape)[..., :AMINO_ACIDS, :AMINO_ACIDS]
            squares = tf.reduce_sum(squares, axis=-1)
        norm = tf.sqrt(tf.reduce_sum(squares, axis=-1, keepdims=True) + NORM_EPSILON)
        return tf.concat([pairwise, norm], axis=-1)

    def get_config(self) -> dict:
        """Return the constructor's arguments."""
        return super().get_config() | {
            "pairwise_type": self.pairwise_type,
            "weighting_schema": self.weighting_schema,
            "pairwise_norm": self.pairwise_norm,
        }


def _count_up(name: str) -> str:
    """Return the next name of a layer as Keras numbers them: name, name_1, name_2 and so on."""
    uses = tf_keras.backend.get_uid(name)
    return name if uses == 1 else f"{name}_{uses - 1}"


def _with_center(factors: tf.Tensor) -> tf.Tensor:
    """Return the sums over species of centre times each position, (B, L, A, A)."""
    window = factors.shape[1]
    center = factors[:, window // 2 : window // 2 + 1]
    return tf.matmul(center, factors, transpose_a=True)


def _with_each_other(factors: tf.Tensor) -> tf.Tensor:
    """Return the sums over species of each position times each other, (B, L, L, A, A)."""
    batch, window = tf.shape(factors)[0], factors.shape[1]
    by_species = tf.reshape(
        tf.transpose(factors, [0, 2, 1, 3]), [batch, SPECIES, window * RESIDUE_STATES]
    )
    covariance = tf.matmul(by_species, by_species, transpose_a=True)
    covariance = tf.reshape(covariance, [batch, window, RESIDUE_STATES, window, RESIDUE_STATES])
    return tf.transpose(covariance, [0, 1, 3, 2, 4])


def _center_of_inverse(covariance: tf.Tensor) -> tf.Tensor:
    """Return the centre's rows of the inverse of (B, L, L, A, A), as (B, L, A, A)."""
    batch, window = tf.shape(covariance)[0], covariance.shape[1]
    size = window * RESIDUE_STATES
    matrix = tf.reshape(tf.transpose(covariance, [0, 1, 3, 2, 4]), [batch, size, size])
    matrix += RIDGE * tf.eye(size, dtype=matrix.dtype)
    first = window // 2 * RESIDUE_STATES
    rows = tf.linalg.inv(matrix)[:, first : first + RESIDUE_STATES]
    rows = tf.reshape(rows, [batch, RESIDUE_STATES, window, RESIDUE_STATES])
    return tf.transpose(rows, [0, 2, 1, 3])


def _flatten_states(pairs: tf.Tensor) -> tf.Tensor:
    """Flatten the last two axes, (..., A, A) to (..., A * A)."""
    return tf.reshape(pairs, tf.concat([tf.shape(pairs)[:-2], [RESIDUE_STATES**2]], axis=0))
