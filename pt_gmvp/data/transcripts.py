"""Feature matrix of one transcript, by its name."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import SUFFIXES, find_matrix, load_matrix
from converters.identifiers import near
from converters.residues import letter


def load_transcript(folder: str | Path, transcript: str) -> NDArray[np.float64]:
    """Read the feature matrix of a transcript: (protein length, 435) float64.

    Raises:
        InputError: the matrix cannot be used, or as for `path_of`.
        OSError: it cannot be read.
    """
    return load_matrix(path_of(folder, transcript))


def path_of(folder: str | Path, transcript: str) -> Path:
    """Return the file of a transcript's feature matrix.

    Raises:
        InputError: there is no such folder, or no matrix of this transcript in it (the message
            suggests similar names).
        OSError: the folder cannot be listed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with <transcript>.npy")
    if Path(transcript).name != transcript:
        raise InputError(f"{transcript!r}: not a transcript's id; expected a name without /")
    path = find_matrix(folder, transcript)
    if path is None:
        known = {item.stem for item in folder.iterdir() if item.suffix in SUFFIXES.values()}
        raise InputError(f"{folder}: no features of {transcript}; {near(transcript, known)}")
    return path


def protein_of(matrix: NDArray[np.float64]) -> str:
    """Return the residues of a feature matrix, a letter each, `*` for any but the twenty."""
    return "".join(letter(int(code)) for code in matrix[:, 0])
