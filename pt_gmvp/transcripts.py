"""One transcript's features, asked for by name."""

from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import SUFFIXES, find_matrix, load_matrix
from converters.residues import letter

_NEAR = 3


class TranscriptError(InputError):
    """A transcript that is not there; the message has the names that are near."""


def load_transcript(folder: str | Path, transcript: str) -> NDArray[np.float64]:
    """Read the feature matrix of a transcript: (protein length, 435) float64.

    Raises:
        TranscriptError: no such folder, or none of this transcript in it.
        FeatureError: the matrix cannot be used.
        OSError: it cannot be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise TranscriptError(f"{folder}: no such folder; expected one of <transcript>.npy")
    path = find_matrix(folder, transcript)
    if path is None:
        known = {item.stem for item in folder.iterdir() if item.suffix in SUFFIXES.values()}
        raise TranscriptError(f"{folder}: no features of {transcript}; {near(transcript, known)}")
    return load_matrix(path)


def protein_of(matrix: NDArray[np.float64]) -> str:
    """The residues of a feature matrix, a letter each, `*` for what is none of the twenty."""
    return "".join(letter(int(code)) for code in matrix[:, 0])


def near(transcript: str, known: set[str]) -> str:
    """A hint at transcripts whose names are near, or at how many there are."""
    if not known:
        return "there are none of any transcript"
    lowered = {name.lower(): name for name in sorted(known)}
    close = get_close_matches(transcript.lower(), lowered, _NEAR, 0.75)
    if close:
        return f"did you mean {' or '.join(lowered[name] for name in close)}?"
    some = ", ".join(sorted(known)[:_NEAR])
    return f"there are {len(known):,}: {some}{', ...' * (len(known) > _NEAR)}"
