"""Scoring by one side, "tensorflow" or "engine", in a separate process."""

import sys
from collections.abc import Callable

import numpy as np

from benchmarks.answering import answer

# The reference's batch, and which residues it is of.
VARIANTS, FIRST = 512, 150
# Matrices of products to compare with: as many multiply-adds as this to the third.
SIDE = 2048


def _tensorflow(matrix: np.ndarray, arguments: list[str]) -> dict[str, Callable[[], float]]:
    """Score one batch of 512 variants, whose windows lie ready."""
    import parity.runners.tensorflow  # noqa: F401, I001  # Loads TensorFlow without its greetings.
    import tensorflow as tf

    from legacy_tf.config import load_config
    from legacy_tf.data import windows
    from legacy_tf.prediction import Ensemble

    threads, config, *weights = arguments
    tf.config.threading.set_intra_op_parallelism_threads(int(threads))
    tf.config.threading.set_inter_op_parallelism_threads(int(threads))
    ensemble = Ensemble.load(load_config(config), weights)
    positions = FIRST + np.arange(VARIANTS) // 20
    residues = matrix[positions, 0].astype(np.int32), np.arange(VARIANTS, dtype=np.int32) % 20
    batch = [tf.constant(array) for array in (*residues, *windows(matrix, positions))]
    return {"score": lambda: float(ensemble.predict(*batch).mean())}


def _engine(matrix: np.ndarray, arguments: list[str]) -> dict[str, Callable[[], float]]:
    """Score a protein, and answer the mean of the variants that the reference scores.

    "count" answers how many multiply-adds of matrix products that takes, for a residue and model.
    """
    from pt_gmvp.runs.process import prepare

    # As `gmvp score` does; before torch is loaded.
    prepare()
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from pt_gmvp.forms.per_residue.engine import Scorer
    from pt_gmvp.model import GMVP

    threads, *models = arguments
    torch.set_num_threads(int(threads))
    scorer = Scorer([GMVP.from_pretrained(model) for model in models], int(threads))
    factor = torch.randn(SIDE, SIDE)

    def score() -> float:
        ((_, scores),) = scorer.score([("protein", matrix)])
        return scores[FIRST:].flatten()[:VARIANTS].mean().item()

    def count() -> float:
        with FlopCounterMode(display=False) as counter:
            scorer.score_residues("protein", matrix, range(len(matrix)))
        return counter.get_total_flops() / 2 / len(matrix) / len(models)

    return {"score": score, "count": count, "multiply": lambda: (factor @ factor)[0, 0].item()}


def _serve(side: str, protein: str, *arguments: str) -> None:
    matrix = np.load(protein)
    sides = {"tensorflow": _tensorflow, "engine": _engine}
    answer(sides[side](matrix, list(arguments)))


if __name__ == "__main__":
    _serve(*sys.argv[1:])
