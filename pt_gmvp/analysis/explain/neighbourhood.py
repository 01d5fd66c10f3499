"""What the features say of the positions around a variant."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import CENTER, SPECIES
from converters.residues import letter
from pt_gmvp.data.transcripts import protein_of

STRUCTURES = ("helix", "strand", "coil")
_SPECIES = slice(21, 21 + SPECIES)
_IDENTITY = slice(21 + SPECIES, 21 + 2 * SPECIES)
_STRUCTURE = slice(421, 424)
_ACCESSIBLE = 424


class Neighbourhood(NamedTuple):
    """The N positions of a variant's window that are in the protein, the variant's own among them.

    `positions` (N,) count from 1; `center` is the row of the variant's; `residues` has a letter
    each; `structure` the likeliest of helix, strand and coil, "" where the features have none;
    `accessible` (N,) the predicted relative accessibility of the surface; `species` (200, N) the
    residue code of each species, and `identity` (200,) its percent identity to the protein.
    """

    positions: NDArray[np.int64]
    center: int
    residues: str
    structure: tuple[str, ...]
    accessible: NDArray[np.float64]
    species: NDArray[np.int64]
    identity: NDArray[np.float64]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Each position's distance from the variant along the sequence, (N,)."""
        return self.positions - int(self.positions[self.center])

    def residue_of(self, species: int) -> str:
        """The letter that a species, counted from 0, has at the variant's position; `-` for none.

        None is a gap, or a residue that is none of the twenty.
        """
        return letter(int(self.species[species, self.center])).replace("*", "-")


def neighbourhood(matrix: NDArray[np.float64], position: int) -> Neighbourhood:
    """Describe the window around a position.

    Args:
        matrix: (protein length, 435), a transcript's feature matrix.
        position: the variant's, from 1, within the protein.
    """
    first = max(position - 1 - CENTER, 0)
    rows = matrix[first : position + CENTER]
    return Neighbourhood(
        positions=np.arange(first + 1, first + 1 + len(rows)),
        center=position - 1 - first,
        residues=protein_of(rows),
        structure=tuple(_likeliest(row) for row in rows[:, _STRUCTURE]),
        accessible=rows[:, _ACCESSIBLE],
        species=rows[:, _SPECIES].T.astype(np.int64),
        identity=rows[position - 1 - first, _IDENTITY],
    )


def _likeliest(probabilities: NDArray[np.float64]) -> str:
    return STRUCTURES[int(probabilities.argmax())] if probabilities.any() else ""
