"""Variants of a simulated protein: substitutions, harm and labels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.residues import AMINO_ACIDS
from converters.simulation.chemistry import CODONS, REACHED
from converters.simulation.labels import Harm, harm
from converters.simulation.protein import Protein

A_POSITION = 4
"""Most variants per position: every codon reaches at least this many other residues."""


class Variants(NamedTuple):
    """V variants of a protein: (V,) `positions` from 0, `refs`, `alts`, `labels`; and `harm`."""

    positions: NDArray[np.int64]
    refs: NDArray[np.int64]
    alts: NDArray[np.int64]
    labels: NDArray[np.int64]
    harm: Harm

    def names(self, transcript: str) -> list[str]:
        """Return names as in predictions: transcript, position from 1, residues."""
        return [
            f"{transcript}_{position + 1}_{AMINO_ACIDS[ref]}_{AMINO_ACIDS[alt]}"
            for position, ref, alt in zip(
                self.positions.tolist(), self.refs.tolist(), self.alts.tolist(), strict=True
            )
        ]


def draw_positions(random: np.random.Generator, length: int, number: int) -> NDArray[np.int64]:
    """Draw the positions of variants, (number,), each at most four times, and never the first.

    They are drawn before the sequence, so that a split by position does not need the sequence.
    """
    slots = random.choice(A_POSITION * (length - 1), number, replace=False)
    return np.asarray(1 + slots // A_POSITION, np.int64)


def draw_variants(
    random: np.random.Generator,
    protein: Protein,
    positions: NDArray[np.int64],
    snv: bool,
    sharpness: float = 1.0,
) -> Variants:
    """Draw distinct substitutions at (V,) positions, and their labels.

    Args:
        random: generator for codons, substitutions and labels.
        protein: the protein of the variants.
        positions: from 0.
        snv: only those that one nucleotide change reaches from a codon drawn for the residue.
        sharpness: see `harm`.
    """
    refs = protein.residues[0, positions].astype(np.int64)
    alts = np.zeros(len(positions), np.int64)
    order: dict[int, list[int]] = {}
    for number, (position, ref) in enumerate(zip(positions.tolist(), refs.tolist(), strict=True)):
        if position not in order:
            reached = np.arange(20) != ref
            if snv:
                reached = REACHED[random.choice(CODONS[ref])]
            order[position] = random.permutation(np.flatnonzero(reached)).tolist()
        alts[number] = order[position].pop()
    found = harm(protein, positions, alts, sharpness)
    labels = (random.random(len(positions)) < found.probability).astype(np.int64)
    return Variants(positions, refs, alts, labels, found)
