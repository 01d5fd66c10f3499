"""Pair of the scoring engine: compared against the reference's whole model.

The reference runs on the window of a residue once for each substitution. The engine, which computes
shared parts only once, must return the same scores.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from parity.arrays import Arrays
from parity.declaring.domains import Domain
from parity.declaring.port import Built, Given, Side
from parity.declaring.weight import Options
from parity.ports.gmvp.candidate import build_model
from parity.ports.gmvp.domains import matrix_domains
from parity.ports.gmvp.layer_inputs import batch

if TYPE_CHECKING:
    from torch import Tensor

_SUBSTITUTES = 20
# With inv_cov each substitute takes an inversion of 2709 x 2709: two are enough.
_INVERSE_SUBSTITUTES = np.array([4, 11], np.int64)
_UNKNOWN_OR_GAP = 20
_SPECIES = slice(21, 221)


def protein(given: Given) -> Arrays:
    """Concatenate the records' windows to a protein, and choose what to score.

    matrix (length, 435) float32; positions (P,) and alt_aa (S,) int64. Positions are at both ends,
    next to each other, alone, and where a window is first complete. The protein's second residue is
    an X, and all species have a gap at the third; both are scored.
    """
    arrays, options = batch(given), given.config.options
    inside = arrays["mask"] == 0
    inside[:, inside.shape[1] // 2] = True
    matrix = arrays["feature"][inside]
    if "length" in options:
        matrix = np.resize(matrix, (options["length"], matrix.shape[1]))
    matrix[1:2, 0] = matrix[2:3, _SPECIES] = _UNKNOWN_OR_GAP
    last, inverse = len(matrix) - 1, options["pairwise_type"] == "inv_cov"
    some = [last // 2] if inverse else [0, 1, 2, 64, last // 2, last - 64, last]
    positions = np.unique(np.clip(some, 0, last))
    alt_aa = _INVERSE_SUBSTITUTES if inverse else np.arange(_SUBSTITUTES)
    return {"matrix": matrix, "positions": positions, "alt_aa": alt_aa}


def reference(options: Options, dtype: str) -> Built:
    """Build the original's whole model, run on one window for each substitution."""
    from parity.ports.gmvp.reference import whole_model

    built = whole_model(options, dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        from legacy_tf.data import windows

        matrix, alt_aa = inputs["matrix"].numpy(), inputs["alt_aa"].numpy().astype(np.int32)
        present = matrix[:, 0].astype(np.int32)
        probabilities = []
        # One residue at a time: the windows of all would take gigabytes.
        for position in inputs["positions"].numpy():
            feature, mask = (
                tf.constant(np.repeat(part, len(alt_aa), 0), dtype)
                for part in windows(matrix, np.array([position]))
            )
            ref_aa = np.full_like(alt_aa, present[position])
            residues = tf.constant(ref_aa), tf.constant(alt_aa)
            probabilities.append(tf.sigmoid(built(*residues, feature, mask, training=False)))
        return {"probability": tf.stack(probabilities)}

    return Built(call, built.canonical_weights())


def candidate(options: Options, dtype: str) -> Built:
    """Build the scoring engine for the weights that the model has when it is called.

    It scores an ensemble of the model and itself, whose mean, unlike its sum, is the model's score.
    """
    from pt_gmvp.forms.per_residue.engine import Scorer

    model = build_model(options, dtype)

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        matrix, positions = inputs["matrix"].numpy(), inputs["positions"].tolist()
        scores = Scorer([model, model]).score_residues("protein", matrix, positions)
        return {"probability": scores[:, inputs["alt_aa"]]}

    return Built(call, dict(model.named_parameters()))


REFERENCE, CANDIDATE = Side("tensorflow", reference), Side("torch", candidate)
DOMAINS: tuple[Domain, ...] = (
    *matrix_domains("matrix"),
    Domain("positions", fixed=True),
    Domain("alt_aa", fixed=True),
)
