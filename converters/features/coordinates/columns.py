"""Structure columns of a protein, (length, 10), from a file of coordinates."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.features.coordinates.confidence import Disorder, disorder
from converters.features.coordinates.hydrogen_bonds import (
    ALPHA,
    BRIDGE,
    HELIX_310,
    LADDER,
    PI_HELIX,
    assign,
    chained,
)
from converters.features.coordinates.placing import Placed, place
from converters.features.coordinates.reading import Coordinates, is_mmcif, read_coordinates
from converters.features.coordinates.surface import relative_areas
from converters.features.structure import COLUMNS, Structure

_HELIX, _STRAND, _COIL, _RSA, _INTERFACE, _DISORDER, _ANGLES = 0, 1, 2, 3, 4, 5, slice(6, 10)
_STATES = {_HELIX: (ALPHA, HELIX_310, PI_HELIX), _STRAND: (LADDER, BRIDGE)}
_N, _CA, _C = range(3)


def read_model(
    path: Path, protein: NDArray[np.uint8], neutral: NDArray[np.float64]
) -> tuple[Structure, str]:
    """Compute the structure columns of a protein from a model of it.

    Helix, strand and coil are 1 for the residue's state and 0 for the others: H, G and I of
    `hydrogen_bonds.assign` are helix, E and B strand. Accessibility is that of the chain by itself;
    interface is 0. A position without coordinates between two that have some is coil with
    disorder 1, as missing residues are what NetSurfP was trained to call disordered; its other
    columns, and all those of positions before the first or after the last with coordinates, are
    neutral. So are an angle that has no neighbour, and disorder in a file without pLDDT.

    Args:
        path: a PDB or mmCIF file.
        protein: (length,) uint8 codes of the protein's residues.
        neutral: (10,) values where the file has none.

    Returns:
        The columns with notes, and a line that says what they were made of.

    Raises:
        InputError: not such a file, of another protein, without its main chain, or of less than
            half of the protein.
        OSError: it cannot be read.
    """
    found, placed = _placed(path, protein)
    chain = placed.chain
    backbone = np.stack([residue.backbone for residue in chain.residues])
    complete = int(np.isfinite(backbone).reshape(len(backbone), -1).all(1).sum())
    if complete < len(backbone) / 2:
        raise InputError(
            f"{path}: chain {chain.name} has N, CA, C and O in {complete} of"
            f" {len(backbone)} residues; expected coordinates of the whole main chain"
        )
    proline = np.array([residue.letter == "P" for residue in chain.residues])
    states = assign(backbone, proline)
    unfolded = disorder(chain, found.method, found.states_confidence)
    values = np.tile(neutral, (len(chain.residues), 1))
    values[:, : _COIL + 1] = _one_hot(states)
    values[:, _INTERFACE] = 0
    _fill(values[:, _RSA], relative_areas(chain.residues))
    _fill(values[:, _DISORDER], unfolded.values)
    _fill(values[:, _ANGLES], _sines_and_cosines(backbone))
    structure = _at_positions(values, placed, neutral)
    notes = [*found.notes, *placed.notes]
    return Structure(structure, None, tuple(f"{path.name}: {note}" for note in notes)), _said(
        path, placed, unfolded
    )


def _placed(path: Path, protein: NDArray[np.uint8]) -> tuple[Coordinates, Placed]:
    """Read a file and place it, in mmCIF by the sequence's numbers if the authors' do not fit."""
    found = read_coordinates(path)
    try:
        return found, place(path, found, protein)
    except InputError as error:
        if not is_mmcif(path):
            raise
        try:
            again = read_coordinates(path, sequential=True)
            return again, place(path, again, protein)
        except InputError:
            raise error from None


def _said(path: Path, placed: Placed, unfolded: Disorder) -> str:
    chain = f"chain {placed.chain.name}, " if placed.chain.name.strip() else ""
    covered = f"{placed.covered} of {len(placed.rows)} positions"
    return f"model {path.name}, {chain}{covered}, disorder {unfolded.rule}"


def _one_hot(states: str) -> NDArray[np.float64]:
    letters = np.array(list(states))
    columns = [np.isin(letters, kinds) for _, kinds in sorted(_STATES.items())]
    columns.append(~np.logical_or.reduce(columns))
    return np.stack(columns, 1).astype(np.float64)


def _fill(column: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    """Replace the neutral values where there are others."""
    known = np.isfinite(values)
    column[known] = values[known]


def _sines_and_cosines(backbone: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sin phi, cos phi, sin psi, cos psi; NaN beside a break, (residues, 4)."""
    nitrogen, alpha, carbon = (backbone[:, atom] for atom in (_N, _CA, _C))
    bonded = chained(backbone)[1:]
    angles = np.full((len(backbone), 2), np.nan)
    phi = dihedrals(carbon[:-1], nitrogen[1:], alpha[1:], carbon[1:])
    psi = dihedrals(nitrogen[:-1], alpha[:-1], carbon[:-1], nitrogen[1:])
    angles[1:, 0] = np.where(bonded, phi, np.nan)
    angles[:-1, 1] = np.where(bonded, psi, np.nan)
    return np.stack([f(angles[:, n]) for n in (0, 1) for f in (np.sin, np.cos)], 1)


def dihedrals(*points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the dihedral angle of each four points, (n, 3) each, in radians (IUPAC's sign)."""
    before, axis, after = (points[n + 1] - points[n] for n in range(3))
    one, other = np.cross(before, axis), np.cross(axis, after)
    height = np.linalg.norm(axis, axis=-1) * (before * other).sum(-1)
    angle: NDArray[np.float64] = np.arctan2(height, (one * other).sum(-1))
    return angle


def _at_positions(
    values: NDArray[np.float64], placed: Placed, neutral: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the columns of every position of the protein, (length, 10)."""
    rows = placed.rows
    columns = np.tile(neutral, (len(rows), 1))
    known = np.flatnonzero(rows >= 0)
    columns[known] = values[rows[known]]
    gap = np.zeros(len(rows), bool)
    gap[known[0] : known[-1] + 1] = rows[known[0] : known[-1] + 1] < 0
    columns[gap, : _COIL + 1] = [0, 0, 1]
    columns[gap, _DISORDER] = 1
    columns[gap, _INTERFACE] = 0
    assert columns.shape[1] == COLUMNS
    return columns
