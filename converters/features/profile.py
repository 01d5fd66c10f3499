"""Conservation profiles: the original's HHblits arrays, and HHsuite's .hhm files."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.files import finite, load_npy
from converters.features.ranges import check_ranges
from converters.features.sequence import protein_of
from converters.residues import AMINO_ACIDS, encode
from converters.text import lines_of, read_text

COLUMNS = 21
_STATES = len(AMINO_ACIDS)


def read_profile(path: Path) -> NDArray[np.float64]:
    """Read a profile: (protein length, 21) float64, the residue's code and 20 probabilities.

    Raises:
        InputError: another shape, an invalid residue code or probability, or another kind of file.
        OSError: the file cannot be read.
    """
    return read_lettered(path).rows


class Profile(NamedTuple):
    """`rows` as `read_profile` returns them; `letters` of the residues, as the file has them."""

    rows: NDArray[np.float64]
    letters: str


def read_lettered(path: Path) -> Profile:
    """Read a profile with its letters, X for code 20 of an array; raises as `read_profile`."""
    if path.suffix.lower() != ".npy":
        return _read_hhm(path, read_text(path))
    rows = _read_array(path)
    return Profile(rows, protein_of(rows[:, 0].astype(np.uint8)).letters)


def _read_array(path: Path) -> NDArray[np.float64]:
    array = load_npy(path)
    if array.ndim != 2 or array.shape[1] < COLUMNS or not len(array):
        raise InputError(
            f"{path}: array of shape {array.shape}; expected (protein length, {COLUMNS} or more)"
        )
    profile = finite(np.ascontiguousarray(array[:, :COLUMNS], dtype=np.float64), path)
    check_ranges(profile, path)
    return profile


def _read_hhm(path: Path, text: str) -> Profile:
    """Read the match states' emissions; a score v means the probability 2^(-v / 1000).

    Format: the HH-suite user guide, "File formats", section on HHM files.
    """
    lines = enumerate(lines_of(text), 1)
    declared = _seek_states(path, lines)
    rows: list[list[float]] = []
    letters: list[str] = []
    for number, line in lines:
        fields = line.split()
        if line.startswith("//"):
            break
        # A match state is `residue position 20 scores`; transitions begin with white space.
        if not fields or line[0].isspace():
            continue
        rows.append(_emissions(path, number, fields, len(rows) + 1))
        letters.append(fields[0])
    else:
        raise InputError(f"{path}: ends without '//'; the file is truncated")
    if not rows or (declared is not None and declared != len(rows)):
        raise InputError(f"{path}: has {len(rows)} match states, but LENG says {declared}")
    return Profile(np.array(rows), "".join(letters))


def _seek_states(path: Path, lines: Iterator[tuple[int, str]]) -> int | None:
    """Advance to the line of transitions before the first state; return LENG."""
    declared = None
    for number, line in lines:
        fields = line.split()
        if fields[:1] == ["LENG"] and len(fields) > 1 and fields[1].isdigit():
            declared = int(fields[1])
        if fields[:1] == ["HMM"]:
            if "".join(fields[1:]) != AMINO_ACIDS:
                raise InputError(
                    f"{path}, line {number}: the residues are in another order; expected"
                    f" {' '.join(AMINO_ACIDS)}"
                )
            return declared
    raise InputError(f"{path}: has no line 'HMM A C D ...'; expected an HHsuite .hhm file")


def _emissions(path: Path, number: int, fields: list[str], position: int) -> list[float]:
    if len(fields) < _STATES + 2 or len(fields[0]) != 1 or fields[1] != str(position):
        raise InputError(
            f"{path}, line {number}: expected residue, position {position} and {_STATES} scores"
        )
    row = [float(encode(fields[0])[0])]
    for score in fields[2 : _STATES + 2]:
        if score != "*" and not (score.isascii() and score.isdigit() and len(score) < 10):
            raise InputError(
                f"{path}, line {number}: score is {score[:20]!r}; expected a whole number or *"
            )
        row.append(0.0 if score == "*" else 2.0 ** (-int(score) / 1000))
    return row
