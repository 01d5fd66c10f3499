"""The scoring engine, held to the whole model of the reference on each substitution by itself.

The reference knows nothing of what substitutions share: it is given the window of a residue once
for each of them. What the engine computes but once must come to the same.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from parity.domains import Domain
from parity.port import Arrays, Built, Given, Options, Side
from parity.ports.gmvp.domains import matrix_domains

if TYPE_CHECKING:
    from torch import Tensor

_SUBSTITUTES = 20
# Of an inversion a substitute, 2709 x 2709, the reference need not take twenty.
_INVERSE_SUBSTITUTES = np.array([4, 11], np.int64)


def protein(given: Given) -> Arrays:
    """A protein made of the records' windows, one after another, and what of it is scored.

    matrix (length, 435) float32; positions (P,) and alt_aa (S,) int64. Some residues lie together,
    at either end and where two windows meet, others by themselves.
    """
    arrays, inverse = given.inputs.arrays, given.config.options["pairwise_type"] == "inv_cov"
    inside = arrays["mask"] == 0
    inside[:, inside.shape[1] // 2] = True
    matrix = arrays["feature"][inside]
    last = len(matrix) - 1
    some = [last // 2] if inverse else [0, 1, 2, 63, 64, last // 2, last - 65, last - 1, last]
    positions = np.unique(np.clip(some, 0, last))
    alt_aa = _INVERSE_SUBSTITUTES if inverse else np.arange(_SUBSTITUTES)
    return {"matrix": matrix, "positions": positions, "alt_aa": alt_aa}


def reference(options: Options, dtype: str) -> Built:
    """The original's windows, one for each substitution, and its whole model."""
    from parity.ports.gmvp.reference import whole_model

    built = whole_model(options, dtype)

    def call(inputs: dict[str, Any]) -> dict[str, Any]:
        import tensorflow as tf

        from legacy_tf.data import windows

        matrix, positions = inputs["matrix"].numpy(), inputs["positions"].numpy()
        present, alt_aa = matrix[positions, 0].astype(np.int32), inputs["alt_aa"].numpy()
        count, number = len(positions), len(alt_aa)
        feature, mask = (
            tf.constant(np.repeat(part, number, 0), dtype) for part in windows(matrix, positions)
        )
        residues = (np.repeat(present, number), np.tile(alt_aa.astype(np.int32), count))
        logits = built(*map(tf.constant, residues), feature, mask, training=False)
        return {"probability": tf.reshape(tf.sigmoid(logits), (count, number))}

    return Built(call, built.canonical_weights())


def candidate(options: Options, dtype: str) -> Built:
    """The scoring engine, with the weights that the model has when it is called."""
    import torch

    from pt_gmvp.config import ModelConfig
    from pt_gmvp.model import GMVP
    from pt_gmvp.scoring.engine import Scorer

    model = GMVP(ModelConfig.from_dict(dict(options))).to(getattr(torch, dtype)).eval()

    def call(inputs: dict[str, "Tensor"]) -> dict[str, "Tensor"]:
        matrix, positions = inputs["matrix"].numpy(), inputs["positions"].tolist()
        scores = Scorer([model]).score_residues("protein", matrix, positions)
        return {"probability": scores[:, inputs["alt_aa"]]}

    return Built(call, dict(model.named_parameters()))


REFERENCE, CANDIDATE = Side("tensorflow", reference), Side("torch", candidate)
DOMAINS: tuple[Domain, ...] = (
    *matrix_domains("matrix"),
    Domain("positions", fixed=True),
    Domain("alt_aa", fixed=True),
)
