"""Pair of the scoring engine: compared against the reference's whole model.

The reference runs on the window of a residue once for each substitution. The engine, which computes
shared parts only once, must return the same scores.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.domains import Domain
from parity.declaring.port import Built, Given, Side
from parity.declaring.weight import Options
from parity.ports.gmvp.candidate import build_model
from parity.ports.gmvp.domains import matrix_domains
from parity.ports.gmvp.layer_inputs import batch

if TYPE_CHECKING:
    from torch import Tensor

    from pt_gmvp.forms.per_residue.sites import Sites

_SUBSTITUTES = 20
# With inv_cov each substitute takes an inversion of 2709 x 2709, and all residues of a protein are
# many: two are enough.
_TWO_SUBSTITUTES = np.array([4, 11], np.int64)
_UNKNOWN_OR_GAP = 20
_SPECIES = slice(21, 221)
_MOST_SPECIES = 150


def protein(given: Given) -> Arrays:
    """Concatenate the records' windows to a protein, and choose what to score.

    matrix (length, 435) float32; positions (P,) and alt_aa (S,) int64. Positions are at both ends,
    next to each other, alone, and where a window is first complete; or all of them, if the options
    name a way. The protein's second residue is an X, and all species have a gap at the third; both
    are scored.
    """
    arrays, options = batch(given), given.config.options
    inside = arrays["mask"] == 0
    inside[:, inside.shape[1] // 2] = True
    matrix = arrays["feature"][inside]
    if "length" in options:
        matrix = np.resize(matrix, (options["length"], matrix.shape[1]))
    matrix[1:2, 0] = matrix[2:3, _SPECIES] = _UNKNOWN_OR_GAP
    if options["pairwise_norm"] == "paper":
        # The state that is left out of the sums is a gap, which this norm does not count.
        matrix[:1, _SPECIES.start : _SPECIES.start + _MOST_SPECIES] = _UNKNOWN_OR_GAP
    last, inverse = len(matrix) - 1, options["pairwise_type"] == "inv_cov"
    some = [last // 2] if inverse else [0, 1, 2, 64, last // 2, last - 64, last]
    positions = np.arange(last + 1) if "way" in options else np.unique(np.clip(some, 0, last))
    alt_aa = _TWO_SUBSTITUTES if inverse or "way" in options else np.arange(_SUBSTITUTES)
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
        positions, probabilities = inputs["positions"].numpy(), []
        # A few residues at a time: the windows of all would take gigabytes.
        together = max(_SUBSTITUTES // len(alt_aa), 1)
        for start in range(0, len(positions), together):
            some = positions[start : start + together]
            feature, mask = (
                tf.constant(np.repeat(part, len(alt_aa), 0), dtype)
                for part in windows(matrix, some)
            )
            ref_aa = np.repeat(present[some], len(alt_aa))
            residues = tf.constant(ref_aa), tf.constant(np.tile(alt_aa, len(some)))
            found = tf.sigmoid(built(*residues, feature, mask, training=False))
            probabilities.append(tf.reshape(found, (len(some), len(alt_aa))))
        return {"probability": tf.concat(probabilities, 0)}

    return Built(call, built.canonical_weights())


def candidate(options: Options, dtype: str) -> Built:
    """Build the scoring engine for the weights that the model has when it is called.

    It scores an ensemble of the model and itself, whose mean, unlike its sum, is the model's score.
    """
    from pt_gmvp.forms.per_residue.engine import Scorer

    model = build_model(options, dtype)

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        scorer, matrix = Scorer([model, model], threads=2), inputs["matrix"].numpy()
        positions, alt_aa = inputs["positions"], inputs["alt_aa"]
        if options.get("way") == "protein":
            ((_, scores),) = scorer.score([("protein", matrix)])
            return {"probability": scores[positions][:, alt_aa]}
        if options.get("way") == "sites":
            ((_, scores),) = scorer.score_sites([("block", _sites(matrix, positions, alt_aa))])
            return {"probability": scores.view(len(positions), len(alt_aa))}
        scores = scorer.score_residues("protein", matrix, positions.tolist())
        return {"probability": scores[:, alt_aa]}

    return Built(call, dict(model.named_parameters()))


def _sites(matrix: Array, positions: "Tensor", alt_aa: "Tensor") -> "Sites":
    """Ask for each substitution by itself, the last third of the residues as another protein's."""
    from pt_gmvp.forms.per_residue.sites import Sites

    first = 2 * len(positions) // 3
    codes = alt_aa.numpy()
    return Sites.cut(
        (matrix, np.repeat(some, len(codes)), np.tile(codes, len(some)))
        for some in (positions[:first].numpy(), positions[first:].numpy())
    )


REFERENCE, CANDIDATE = Side("tensorflow", reference), Side("torch", candidate)
DOMAINS: tuple[Domain, ...] = (
    *matrix_domains("matrix"),
    Domain("positions", fixed=True),
    Domain("alt_aa", fixed=True),
)
