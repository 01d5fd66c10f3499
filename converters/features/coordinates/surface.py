"""Solvent accessibility of residues: Shrake and Rupley's points on spheres, with DSSP's radii."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from converters.features.coordinates.reading import Residue

LARGEST = {
    "A": 110.2, "R": 229.0, "N": 146.4, "D": 144.1, "C": 140.4, "Q": 178.6, "E": 174.7,
    "G": 78.7, "H": 181.9, "I": 183.1, "L": 164.0, "K": 205.7, "M": 200.1, "F": 200.7,
    "P": 141.9, "S": 117.2, "T": 138.7, "W": 240.5, "Y": 213.7, "V": 153.7,
}  # fmt: skip
"""Area of each amino acid X in an extended Ala-X-Ala, in square angstroms, as NetSurfP uses it.

Source: Ahmad, Gromiha & Sarai 2003 (doi:10.1002/prot.10328).
"""

_WATER = 1.4
_RADII = {"C": 1.80, "N": 1.65, "O": 1.40, "S": 1.80, "SE": 1.90}
_BACKBONE_CARBON = {1: 1.87, 2: 1.76}  # CA and C
_OTHER = 1.80
_POINTS = 200
_BLOCK = 512


def relative_areas(residues: Sequence[Residue]) -> NDArray[np.float64]:
    """Return the accessible fraction of each residue, 0 to 1, (residues,); NaN if it is unknown.

    The area of a residue in the chain by itself, over that in Ala-X-Ala; more than 1 becomes 1.
    """
    areas = residue_areas(residues)
    largest = np.array([LARGEST.get(residue.letter, np.nan) for residue in residues])
    relative: NDArray[np.float64] = np.minimum(areas / largest, 1.0)
    return relative


def residue_areas(residues: Sequence[Residue]) -> NDArray[np.float64]:
    """Return the area of each residue that a water molecule can touch, in square angstroms.

    Source: Shrake & Rupley 1973 (doi:10.1016/0022-2836(73)90011-9), with 200 points an atom; radii
    of Kabsch & Sander 1983.
    """
    atoms = np.concatenate([residue.atoms for residue in residues])
    radii = np.concatenate([_radii(residue) for residue in residues]) + _WATER
    sphere = _sphere()
    areas = np.zeros(len(atoms))
    for start in range(0, len(atoms), _BLOCK):
        block = atoms[start : start + _BLOCK]
        away = np.linalg.norm(block[:, None] - atoms, axis=-1)
        for row, atom in enumerate(range(start, start + len(block))):
            beside = np.flatnonzero(away[row] < radii[atom] + radii.max())
            beside = beside[(beside != atom) & (away[row, beside] < radii[atom] + radii[beside])]
            toward = atoms[beside] - atoms[atom]
            # A point of the sphere around `atom`, radius r, is nearer than R to a neighbour at
            # distance d if its direction's part towards the neighbour exceeds this.
            reach = radii[atom] ** 2 + away[row, beside] ** 2 - radii[beside] ** 2
            covered = sphere @ toward.T > reach / (2 * radii[atom])
            free = 1 - covered.any(1).mean()
            areas[atom] = free * 4 * np.pi * radii[atom] ** 2
    starts = np.cumsum([0, *(len(residue.atoms) for residue in residues)])[:-1]
    summed: NDArray[np.float64] = np.add.reduceat(areas, starts)
    return summed


def _radii(residue: Residue) -> NDArray[np.float64]:
    radii = np.array([_RADII.get(element, _OTHER) for element in residue.elements])
    for atom, radius in _BACKBONE_CARBON.items():
        radii[(residue.atoms == residue.backbone[atom]).all(1)] = radius
    return radii


def _sphere() -> NDArray[np.float64]:
    """Return points on the unit sphere, spaced evenly along a golden spiral, (points, 3)."""
    numbers = np.arange(_POINTS) + 0.5
    height = 1 - 2 * numbers / _POINTS
    angle = numbers * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - height**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), height], 1)
