"""A transcript's feature matrix, assembled from its four inputs.

Columns: 0 residue code; 1-20 conservation profile; 21-220 residue codes in 200 species; 221-420
percent identity of each species, the same in all rows; 421-430 predicted structure; 431-434
population counts.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.alignment import read_alignment
from converters.features.alignment_profile import profile_from_alignment
from converters.features.coordinates.columns import read_model
from converters.features.coordinates.reading import is_model
from converters.features.counts import read_counts
from converters.features.neutral import BUILT_IN, Neutral
from converters.features.profile import read_lettered
from converters.features.raw_files import RawFiles
from converters.features.sequence import Protein, compare
from converters.features.stand_ins import StandIns
from converters.features.structure import Structure, read_structure


class Made(NamedTuple):
    """`matrix` (protein length, 435) float64, notes for the user, and what stood in for inputs."""

    matrix: NDArray[np.float64]
    notes: tuple[str, ...]
    stand_ins: StandIns


def make_matrix(raw: RawFiles, neutral: Neutral = BUILT_IN) -> Made:
    """Read a transcript's inputs and concatenate their columns.

    Args:
        raw: the inputs, all of which must exist or be in `without`. The structure may be a model.
        neutral: values in place of an input in `without`, or that a model lacks. The profile's
            stand-in is made from the alignment.

    Raises:
        InputError: a file is damaged or is for another protein; names the file.
        OSError: a file cannot be read.
    """
    paths = raw.paths
    stand_ins: dict[str, str] = {}
    if "profile" in raw.without:
        (profile, letters), stand_ins["profile"] = profile_from_alignment(paths["alignment"])
    else:
        profile, letters = read_lettered(paths["profile"])
    protein = profile[:, 0].astype(np.uint8)
    alignment = read_alignment(paths["alignment"], protein, letters)
    structure, made_of = _structure(raw, Protein(protein, letters), neutral)
    stand_ins |= made_of
    if "counts" in raw.without:
        counts = np.tile(neutral.counts, (len(protein), 1))
        stand_ins["counts"] = neutral.origin
    else:
        counts = read_counts(paths["counts"], len(protein))
    whole = paths["alignment" if "profile" in raw.without else "profile"].name
    for kind, rows in (("structure", structure.columns), ("counts", counts)):
        if len(rows) != len(protein):
            raise InputError(
                f"{paths[kind]}: has {len(rows)} positions, but {whole} has {len(protein)};"
                " expected files of the same protein"
            )
    notes = [*alignment.notes, *structure.notes]
    if structure.sequence is not None:
        expected = "expected files of the same protein"
        known = Protein(protein, letters)
        notes += compare(structure.sequence, known, paths["structure"], "its sequence", expected)
    notes += [f"{name} was not used" for name in raw.unused]
    identity = np.broadcast_to(alignment.identity, (len(protein), len(alignment.identity)))
    blocks = [profile, alignment.residues.T.astype(np.float64), identity, structure.columns, counts]
    return Made(np.concatenate(blocks, axis=1), tuple(notes), stand_ins)


def _structure(
    raw: RawFiles, protein: Protein, neutral: Neutral
) -> tuple[Structure, dict[str, str]]:
    """Return the structure columns, and what they were made of if it is not NetSurfP's file."""
    if "structure" in raw.without:
        columns = np.tile(neutral.structure, (len(protein.codes), 1))
        return Structure(columns, None, ()), {"structure": neutral.origin}
    path = raw.paths["structure"]
    if not is_model(path):
        return read_structure(path, raw.transcript, protein.letters), {}
    structure, made_of = read_model(path, protein.codes, neutral.structure)
    return structure, {"structure": made_of}
