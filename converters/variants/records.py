"""Variants checked against feature matrices, and the records made from both."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import CENTER
from converters.errors import InputError
from converters.features.files import find_matrix, load_matrix
from converters.records.variant_record import VariantRecord
from converters.residues import encode, letter
from converters.variants.rows import Variant
from converters.windows import cut

_AT_ONCE = 64
"""Windows cut at a time, 14 MB."""


class Problem(NamedTuple):
    """A variant without a record: `kind` is for counts, `detail` for messages."""

    variant: Variant
    kind: str
    detail: str


class Resolved(NamedTuple):
    """Variants that agree with their matrices, in the given order, and problems of the others."""

    variants: list[Variant]
    problems: list[Problem]


def resolve(variants: Sequence[Variant], folder: str | Path) -> Resolved:
    """Check each variant against its transcript's feature matrix, reading each matrix once.

    A variant has a problem if its transcript has no usable matrix, if its position lies beyond the
    protein, or if its reference residue differs from the protein's.

    Args:
        variants: in any order.
        folder: of `<transcript>.npy` or `.pickle`.

    Raises:
        InputError: `folder` is not a folder.
    """
    if not Path(folder).is_dir():
        raise InputError(f"{folder}: no such folder; expected one of <transcript>.npy or .pickle")
    places = defaultdict[str, list[int]](list)
    for number, variant in enumerate(variants):
        places[variant.transcript].append(number)
    found: dict[int, Problem] = {}
    for transcript, numbers in places.items():
        protein = _protein(folder, transcript)
        for number in numbers:
            problem = _problem(variants[number], protein)
            if problem:
                found[number] = problem
    good = [variant for number, variant in enumerate(variants) if number not in found]
    return Resolved(good, [found[number] for number in sorted(found)])


def _protein(folder: str | Path, transcript: str) -> NDArray[np.float64] | tuple[str, str]:
    """Return the protein's residues (length,), or kind and detail of its matrix's problem."""
    path = find_matrix(folder, transcript)
    if path is None:
        return "no feature matrix", f"{transcript}: no {transcript}.npy or .pickle in {folder}"
    try:
        return load_matrix(path)[:, 0].copy()
    except InputError as error:
        return "unusable feature matrix", str(error)
    except OSError as error:
        return "unusable feature matrix", f"{path}: {error.strerror}"


def _problem(variant: Variant, protein: NDArray[np.float64] | tuple[str, str]) -> Problem | None:
    if isinstance(protein, tuple):
        return Problem(variant, *protein)
    place = f"{variant.var_id}: {variant.transcript} position {variant.position}"
    if variant.position > len(protein):
        return Problem(
            variant, "beyond the protein", f"{place} is beyond the protein of {len(protein)}"
        )
    there, said = protein[variant.position - 1], int(encode(variant.ref)[0])
    if there != said:
        return Problem(
            variant,
            "reference mismatch",
            f"{place} is {letter(int(there))} in the protein, but {variant.ref} in the table",
        )
    return None


def make_records(
    variants: Iterable[Variant], folder: str | Path, half_width: int = CENTER
) -> Iterator[VariantRecord]:
    """Yield the record of each variant, in the given order, with one matrix in memory at a time.

    Args:
        variants: good ones from `resolve`, grouped by transcript.
        folder: of `<transcript>.npy` or `.pickle`.
        half_width: residues on either side of the variant; 64 for the released model.

    Yields:
        VariantRecord: feature (2 * half_width + 1, 435) and mask float32, the centre not masked.

    Raises:
        InputError: a matrix is missing or cannot be read.
    """
    for transcript, group in groupby(variants, key=lambda variant: variant.transcript):
        path = find_matrix(folder, transcript)
        if path is None:
            raise InputError(f"{folder}: the matrix of {transcript} has disappeared")
        # Numbers beyond float32 become infinite, as in the original's records.
        with np.errstate(over="ignore"):
            matrix = load_matrix(path).astype(np.float32)
        of_transcript = list(group)
        for start in range(0, len(of_transcript), _AT_ONCE):
            part = of_transcript[start : start + _AT_ONCE]
            centers = np.array([variant.position - 1 for variant in part])
            features, masks = cut(matrix, centers, half_width)
            for variant, feature, mask in zip(part, features, masks, strict=True):
                ref, alt = (int(code) for code in encode(variant.ref + variant.alt))
                yield VariantRecord(variant.var_id, variant.label, ref, alt, feature, mask)
