"""One transcript's features, asked for by name."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import SUFFIXES, find_matrix, load_matrix
from converters.identifiers import near
from converters.residues import letter


class TranscriptError(InputError):
    """A transcript that is not there; the message has the names that are near."""


def load_transcript(folder: str | Path, transcript: str) -> NDArray[np.float64]:
    """Read the feature matrix of a transcript: (protein length, 435) float64.

    Raises:
        TranscriptError: no such folder, or none of this transcript in it.
        InputError: the matrix cannot be used.
        OSError: it cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise TranscriptError(f"{folder}: no such folder; expected one of <transcript>.npy")
    if Path(transcript).name != transcript:
        raise TranscriptError(f"{transcript!r}: is no transcript's id; expected a name without /")
    path = find_matrix(folder, transcript)
    if path is None:
        known = {item.stem for item in folder.iterdir() if item.suffix in SUFFIXES.values()}
        raise TranscriptError(f"{folder}: no features of {transcript}; {near(transcript, known)}")
    return load_matrix(path)


def protein_of(matrix: NDArray[np.float64]) -> str:
    """The residues of a feature matrix, a letter each, `*` for what is none of the twenty."""
    return "".join(letter(int(code)) for code in matrix[:, 0])
