"""Variants checked against feature matrices, and the records made from both."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import CENTER
from converters.errors import InputError
from converters.features.files import find_matrix, load_matrix
from converters.features.folder import MatrixFolder
from converters.records.variant_record import VariantRecord
from converters.residues import encode, letter
from converters.variants.listing import Listing
from converters.variants.rows import UNLABELLED, Rows
from converters.windows import cut

_AT_ONCE = 64
"""Windows cut at a time, 14 MB."""

NO_MATRIX = "no feature matrix"
UNUSABLE = "unusable feature matrix"
BEYOND = "beyond the protein"
MISMATCH = "reference mismatch"


class Resolved(NamedTuple):
    """The numbers of the variants that agree with their matrices, and the others, listed."""

    good: NDArray[np.int64]
    listed: Listing


def codes(letters: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the residue codes of ASCII letters: (n,) uint8."""
    return encode(letters.tobytes().decode("latin-1"))


class _Reason(NamedTuple):
    kind: str
    detail: str


def resolve(rows: Rows, folder: str | Path, tables: Sequence[str | Path] = ()) -> Resolved:
    """Check each variant against its transcript's feature matrix, reading each matrix once.

    A variant fails if its transcript has no usable matrix, if its position lies beyond the protein,
    or if its reference residue differs from the protein's.

    Args:
        rows: in any order.
        folder: of `<transcript>.npy` or `.pickle`.
        tables: the tables that the variants are from, for the list.

    Raises:
        InputError: `folder` is not a folder.
    """
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder; expected one of <transcript>.npy or .pickle")
    matrices = MatrixFolder(folder)
    order = np.argsort(rows.transcript, kind="stable")
    ends = np.searchsorted(rows.transcript[order], np.arange(len(rows.transcripts) + 1))
    good = np.zeros(len(rows), bool)
    whole: dict[int, _Reason] = {}
    proteins: dict[int, NDArray[np.float64]] = {}
    for number, transcript in enumerate(rows.transcripts):
        at = order[ends[number] : ends[number + 1]]
        if not len(at):
            continue
        protein = _protein(matrices, transcript)
        if isinstance(protein, _Reason):
            whole[number] = protein
            continue
        inside = rows.position[at] <= len(protein)
        there = protein[np.minimum(rows.position[at], len(protein)) - 1]
        fits = inside & (there == codes(rows.ref[at]))
        good[at] = fits
        if not fits.all():
            proteins[number] = protein
    listed = Listing()
    for one in np.flatnonzero(~good).tolist():
        number = int(rows.transcript[one])
        reason = whole.get(number) or _misfit(rows, one, proteins[number])
        table = str(tables[rows.table[one]]) if tables else ""
        listed.add(table, int(rows.line[one]), rows.name(one), *reason, failed=True)
    return Resolved(np.flatnonzero(good), listed)


def _protein(matrices: MatrixFolder, transcript: str) -> NDArray[np.float64] | _Reason:
    """Return the codes of the protein's residues (length,), or its matrix's problem."""
    try:
        found = matrices.find(transcript)
        if found is None:
            detail = f"{transcript}: no {transcript}.npy or .pickle in {matrices.folder}"
            return _Reason(NO_MATRIX, detail)
        return load_matrix(found.path)[:, 0].copy()
    except InputError as error:
        return _Reason(UNUSABLE, str(error))
    except OSError as error:
        return _Reason(UNUSABLE, f"{error.filename}: {error.strerror}")


def _misfit(rows: Rows, number: int, protein: NDArray[np.float64]) -> _Reason:
    position = int(rows.position[number])
    place = f"{rows.name(number)}: {rows.transcripts[rows.transcript[number]]} position {position}"
    if position > len(protein):
        return _Reason(BEYOND, f"{place} is beyond the protein of {len(protein)}")
    there, said = letter(int(protein[position - 1])), chr(rows.ref[number])
    return _Reason(MISMATCH, f"{place} is {there} in the protein, but {said} in the table")


def make_records(
    rows: Rows,
    numbers: Sequence[int] | NDArray[np.int64],
    folder: str | Path,
    half_width: int = CENTER,
) -> Iterator[VariantRecord]:
    """Yield the record of each variant, in the given order, with one matrix in memory at a time.

    Args:
        rows: the variants.
        numbers: of good ones from `resolve`, grouped by transcript.
        folder: of `<transcript>.npy` or `.pickle`.
        half_width: residues on either side of the variant; 64 for the released model.

    Yields:
        VariantRecord: feature (2 * half_width + 1, 435) and mask float32, the centre not masked.

    Raises:
        InputError: a matrix is missing or cannot be read.
    """
    numbers = np.asarray(numbers, np.int64)
    transcript = rows.transcript[numbers]
    ends = np.flatnonzero(transcript[1:] != transcript[:-1]) + 1
    for group in np.split(numbers, ends):
        if not len(group):
            continue
        name = rows.transcripts[rows.transcript[group[0]]]
        path = find_matrix(folder, name)
        if path is None:
            raise InputError(f"{folder}: the matrix of {name} has disappeared")
        matrix = load_matrix(path).astype(np.float32)
        for start in range(0, len(group), _AT_ONCE):
            part = group[start : start + _AT_ONCE]
            features, masks = cut(matrix, rows.position[part].astype(np.int64) - 1, half_width)
            for one, feature, mask in zip(part.tolist(), features, masks, strict=True):
                ref, alt = map(int, codes(np.array([rows.ref[one], rows.alt[one]], np.uint8)))
                label = None if rows.label[one] == UNLABELLED else int(rows.label[one])
                yield VariantRecord(rows.name(one), label, ref, alt, feature, mask)
