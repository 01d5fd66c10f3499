"""Does anything of a hidden position reach what is told of it? Not one bit may."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pt_gmvp.pretraining.network import Pretrainer
from pt_gmvp.pretraining.proteins import PretrainError, Proteins

Matrix = NDArray[np.floating[Any]]
Tell = Callable[[Matrix, int], bytes]

_CODES, _REALS = "codes", "reals"
BLOCKS = {
    "residue": (slice(0, 1), _CODES),
    "profile": (slice(1, 21), _REALS),
    "alignment column": (slice(21, 221), _CODES),
    "identities": (slice(221, 421), _REALS),
    "structure": (slice(421, 431), _REALS),
    "counts": (slice(431, 435), _REALS),
}
"""Columns of the feature matrix, and what their numbers are."""


def leaking(tell: Tell, matrix: Matrix, position: int, random: np.random.Generator) -> list[str]:
    """Name what of a position changes what is told of it, by putting random values in its place.

    Args:
        tell: given a feature matrix (length, 435) and a position from 0, the bytes of all that is
            told of the position.
        matrix: one to change a copy of.
        position: whose row is replaced, block by block and then as a whole; of the identities
            every row is, as they are made of whole sequences.
        random: where the values come from.
    """
    before = tell(matrix, position)
    whole, found = matrix.copy(), []
    for name, (columns, kind) in BLOCKS.items():
        changed = matrix.copy()
        rows = slice(None) if name == "identities" else position
        shape = changed[rows, columns].shape
        codes = kind == _CODES
        drawn = random.integers(0, 21, shape) if codes else random.normal(0, 100, shape)
        changed[rows, columns] = whole[rows, columns] = drawn
        if tell(changed, position) != before:
            found.append(name)
    if not found and tell(whole, position) != before:
        found.append("several of them together")
    return found


def teller(network: Pretrainer, derived: bool) -> Tell:
    """Make the whole way from a matrix to what a network tells, as `leaking` wants it."""

    @torch.inference_mode()
    def tell(matrix: Matrix, position: int) -> bytes:
        proteins = Proteins(iter([("protein", matrix)]))
        places = proteins.places([0])[position : position + 1]
        told = network(proteins.hidden(places, derived))
        return torch.cat([part.flatten() for part in told]).numpy().tobytes()

    return tell


def check_leaks(
    network: Pretrainer, derived: bool, matrices: Sequence[tuple[str, Matrix]], seed: int
) -> int:
    """Try a network at a position of each matrix, and return how many there were.

    Raises:
        PretrainError: naming transcript, position and what leaks.
    """
    random = np.random.default_rng(seed)
    network = network.cpu().eval()
    for name, matrix in matrices:
        position = int(random.integers(len(matrix)))
        found = leaking(teller(network, derived), matrix, position, random)
        if found:
            raise PretrainError(
                f"{name}, position {position + 1}: its own {', '.join(found)} changes what is "
                "told of it; such a network learns to copy"
            )
    return len(matrices)
