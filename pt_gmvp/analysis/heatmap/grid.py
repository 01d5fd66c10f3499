"""Scores of a protein's substitutions, by amino acid and position."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.residues import AMINO_ACIDS

UNKNOWN = "*"
"""The letter of a residue that is not one of the twenty, or not known."""
_REGION = re.compile(r"(\d+)-(\d+)")


@dataclass(frozen=True)
class Grid:
    """A map of L positions.

    Args:
        transcript: its id.
        first: the number of the first position, from 1.
        protein: the L residues, `*` for one that is not of the twenty.
        scores: (20, L) float64, amino acids in the order of AMINO_ACIDS, NaN if missing.
        gene: the symbol of its gene, if the table has it.
    """

    transcript: str
    first: int
    protein: str
    scores: NDArray[np.float64]
    gene: str | None = None

    @property
    def length(self) -> int:
        """Return the number of positions."""
        return len(self.protein)

    @property
    def last(self) -> int:
        """Return the number of the last position."""
        return self.first + self.length - 1

    @cached_property
    def wild_type(self) -> NDArray[np.bool_]:
        """Return where an amino acid is the protein's own residue: (20, L)."""
        return np.array(
            [list(letter == residue for residue in self.protein) for letter in AMINO_ACIDS]
        )

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Return where a substitution has no score: (20, L); the own residue needs none."""
        return np.isnan(self.scores) & ~self.wild_type

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """Return the mean score of each position's substitutions, (L,); NaN if there is none."""
        counted = ~np.isnan(self.scores) & ~self.wild_type
        sums = np.where(counted, self.scores, 0).sum(0)
        numbers = counted.sum(0)
        means = np.full(self.length, np.nan)
        np.divide(sums, numbers, out=means, where=numbers > 0)
        return means

    def cut(self, region: tuple[int, int] | None) -> "Grid":
        """Return the part between two positions, counted from 1 and both included.

        Raises:
            InputError: the region extends beyond the map.
        """
        if region is None:
            return self
        first, last = region
        if first < self.first or last > self.last:
            raise InputError(
                f"region {first}-{last}: {self.transcript} has positions {self.first} to"
                f" {self.last}"
            )
        inside = slice(first - self.first, last - self.first + 1)
        return replace(
            self, first=first, protein=self.protein[inside], scores=self.scores[:, inside]
        )


def parse_region(text: str) -> tuple[int, int]:
    """Parse `100-200`; raise InputError for anything but a region of at least one position."""
    found = _REGION.fullmatch(text.strip())
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise InputError(f"region {text!r}; expected for example 100-200, counted from 1")
    return int(found[1]), int(found[2])
