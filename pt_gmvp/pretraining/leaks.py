"""Leak check: no data of a hidden position may change its prediction by a single bit."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from converters.columns import ALIGNED_RESIDUES, ALIGNMENT, FEATURE_COLUMNS, PROFILE, STRUCTURE
from converters.errors import InputError
from pt_gmvp.pretraining.network import Pretrainer
from pt_gmvp.pretraining.proteins import Proteins

Matrix = NDArray[np.floating[Any]]
Predict = Callable[[Matrix, int], bytes]

_CODES, _REALS = "codes", "reals"
BLOCKS = {
    "residue": (slice(0, 1), _CODES),
    "profile": (PROFILE, _REALS),
    "alignment column": (ALIGNED_RESIDUES, _CODES),
    "identities": (slice(ALIGNED_RESIDUES.stop, ALIGNMENT.stop), _REALS),
    "structure": (STRUCTURE, _REALS),
    "counts": (slice(STRUCTURE.stop, FEATURE_COLUMNS), _REALS),
}
"""Columns of the feature matrix, and the kind of their numbers."""


def find_leaks(
    predict: Predict, matrix: Matrix, position: int, random: np.random.Generator
) -> list[str]:
    """Name the blocks of a position's row that change its prediction when randomized.

    Args:
        predict: given a feature matrix (length, 435) and a position from 0, returns the bytes of
            the whole prediction.
        matrix: copied before it is changed.
        position: whose row is replaced, block by block and then as a whole; the identities are
            replaced in every row, as they depend on whole sequences.
        random: source of the values.
    """
    before = predict(matrix, position)
    whole, found = matrix.copy(), []
    for name, (columns, kind) in BLOCKS.items():
        changed = matrix.copy()
        rows = slice(None) if name == "identities" else position
        shape = changed[rows, columns].shape
        codes = kind == _CODES
        drawn = random.integers(0, 21, shape) if codes else random.normal(0, 100, shape)
        changed[rows, columns] = whole[rows, columns] = drawn
        if predict(changed, position) != before:
            found.append(name)
    if not found and predict(whole, position) != before:
        found.append("several of them together")
    return found


def predictor(network: Pretrainer, derived: bool) -> Predict:
    """Return the whole way from a matrix to a network's prediction, for `find_leaks`."""

    @torch.inference_mode()
    def predict(matrix: Matrix, position: int) -> bytes:
        proteins = Proteins(iter([("protein", matrix)]))
        places = proteins.places([0])[position : position + 1]
        prediction = network(proteins.hidden(places, derived))
        return torch.cat([part.flatten() for part in prediction]).numpy().tobytes()

    return predict


def check_leaks(
    network: Pretrainer, derived: bool, matrices: Sequence[tuple[str, Matrix]], seed: int
) -> int:
    """Check a network at one position of each matrix; return the number of positions.

    Raises:
        InputError: naming transcript, position and what leaks.
    """
    random = np.random.default_rng(seed)
    network = network.cpu().eval()
    for name, matrix in matrices:
        position = int(random.integers(len(matrix)))
        found = find_leaks(predictor(network, derived), matrix, position, random)
        if found:
            raise InputError(
                f"{name}, position {position + 1}: its own {', '.join(found)} affects its "
                "prediction; such a network learns to copy"
            )
    return len(matrices)
