"""Peptides with ideal geometry, built from their dihedral angles, as PDB and mmCIF text."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

_NAMES = {
    "A": "ALA", "C": "CYS", "D": "ASP", "E": "GLU", "F": "PHE", "G": "GLY", "H": "HIS", "I": "ILE",
    "K": "LYS", "L": "LEU", "M": "MET", "N": "ASN", "P": "PRO", "Q": "GLN", "R": "ARG", "S": "SER",
    "T": "THR", "V": "VAL", "W": "TRP", "Y": "TYR",
}  # fmt: skip
# Engh and Huber's bond lengths in angstroms and angles in degrees, rounded.
_LENGTHS = {"N": 1.329, "CA": 1.458, "C": 1.525}
_ANGLES = {"N": 116.2, "CA": 121.7, "C": 111.2}
# Found by trial: angstroms across and along the strand.
_SHIFT = {False: (-5.2, 0.0), True: (5.2, 0.0)}
HELIX, STRAND = (-57.0, -47.0), (-120.0, 120.0)


class Atom(NamedTuple):
    """A line of a file."""

    name: str
    residue: str
    chain: str
    number: int
    insertion: str
    place: np.ndarray
    b_factor: float = 50.0
    occupancy: float = 1.0
    alternative: str = ""
    hetero: bool = False
    model: int = 1


def _next(before, length, angle, torsion):
    """Return the atom at `length` from the last of three, at an angle and a torsion (NeRF)."""
    a, b, c = before
    angle, torsion = np.deg2rad([angle, torsion])
    axis = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, axis)
    normal /= np.linalg.norm(normal)
    frame = np.stack([axis, np.cross(normal, axis), normal], 1)
    local = [-np.cos(angle), np.sin(angle) * np.cos(torsion), np.sin(angle) * np.sin(torsion)]
    return c + length * frame @ np.array(local)


def backbone(angles: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return N, CA, C and O of a peptide, (residues, 4, 3), from its phi and psi in degrees."""
    n = np.zeros(3)
    ca = np.array([_LENGTHS["CA"], 0, 0])
    bend = np.deg2rad(180 - _ANGLES["C"])
    c = ca + _LENGTHS["C"] * np.array([np.cos(bend), np.sin(bend), 0])
    atoms: list[np.ndarray] = [n, ca, c]
    for (_, psi), (phi, _) in pairwise(angles):
        for name, torsion in (("N", psi), ("CA", 180.0), ("C", phi)):
            atoms.append(_next(atoms[-3:], _LENGTHS[name], _ANGLES[name], torsion))
    last = _next(atoms[-3:], _LENGTHS["N"], _ANGLES["N"], angles[-1][1])
    nitrogens = [*atoms[3::3], last]
    out = []
    for residue in range(len(angles)):
        n, ca, c = atoms[3 * residue : 3 * residue + 3]
        # The O lies in the plane of CA, C and the next N, opposite to both.
        ahead = (nitrogens[residue] - c) / np.linalg.norm(nitrogens[residue] - c)
        back = (ca - c) / np.linalg.norm(ca - c)
        away = -(ahead + back)
        out.append([n, ca, c, c + 1.231 * away / np.linalg.norm(away)])
    return np.array(out)


def sheet(residues: int, parallel: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return two strands side by side, (residues, 4, 3) each, in hydrogen-bonding distance."""
    strand = backbone([STRAND] * residues)
    center = strand[:, 1].mean(0)
    along = strand[-1, 1] - strand[0, 1]
    along /= np.linalg.norm(along)
    carbonyl = strand[residues // 2, 3] - strand[residues // 2, 2]
    across = carbonyl - (carbonyl @ along) * along
    across /= np.linalg.norm(across)
    normal = np.cross(along, across)
    turn = np.eye(3) if parallel else 2 * np.outer(normal, normal) - np.eye(3)
    aside, forward = _SHIFT[parallel]
    return strand, (strand - center) @ turn.T + center + aside * across + forward * along


def atoms_of(
    sequence: str,
    coordinates: np.ndarray,
    first: int = 1,
    chain: str = "A",
    b_factors: Sequence[float] | np.ndarray | None = None,
) -> list[Atom]:
    """Return the atoms of a peptide, numbered from `first`."""
    out = []
    for row, (letter, places) in enumerate(zip(sequence, coordinates, strict=True)):
        b = 50.0 if b_factors is None else b_factors[row]
        for name, place in zip(("N", "CA", "C", "O"), places, strict=True):
            out.append(Atom(name, _NAMES[letter], chain, first + row, "", place, b))
    return out


def as_pdb(atoms: Sequence[Atom], header: str = "") -> str:
    """Return a PDB file, with MODEL records if there are several models."""
    lines = [header.rstrip("\n")] if header else []
    models = sorted({atom.model for atom in atoms})
    for model in models:
        if len(models) > 1:
            lines.append(f"MODEL     {model:4d}")
        for serial, a in enumerate((a for a in atoms if a.model == model), 1):
            kind = "HETATM" if a.hetero else "ATOM"
            x, y, z = a.place
            lines.append(
                f"{kind:<6}{serial:5d}  {a.name:<3}{a.alternative or ' '}{a.residue:>3} {a.chain}"
                f"{a.number:4d}{a.insertion or ' '}   {x:8.3f}{y:8.3f}{z:8.3f}{a.occupancy:6.2f}"
                f"{a.b_factor:6.2f}          {a.name[0]:>2}"
            )
        lines.append("ENDMDL" if len(models) > 1 else "TER")
    return "\n".join([*lines, "END", ""])


def as_mmcif(atoms: Sequence[Atom], before: str = "", label_from: int | None = None) -> str:
    """Return an mmCIF file; `label_from` numbers the sequence, by default as the authors do."""
    columns = (
        *("group_PDB", "id", "type_symbol", "label_atom_id", "label_alt_id", "label_comp_id"),
        *("label_asym_id", "label_entity_id", "label_seq_id", "pdbx_PDB_ins_code"),
        *("Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv", "auth_seq_id"),
        *("auth_comp_id", "auth_asym_id", "auth_atom_id", "pdbx_PDB_model_num"),
    )
    lines = ["data_test", "#", *([before, "#"] if before else []), "loop_"]
    lines += [f"_atom_site.{name}" for name in columns]
    order = list(dict.fromkeys((a.number, a.insertion) for a in atoms))
    for serial, a in enumerate(atoms, 1):
        label = a.number
        if label_from is not None:
            label = label_from + order.index((a.number, a.insertion))
        x, y, z = a.place
        lines.append(
            f"{'HETATM' if a.hetero else 'ATOM'} {serial} {a.name[0]} {a.name}"
            f" {a.alternative or '.'} {a.residue} {a.chain} 1 {label} {a.insertion or '?'}"
            f" {x:.3f} {y:.3f} {z:.3f} {a.occupancy:.2f} {a.b_factor:.2f} {a.number} {a.residue}"
            f" {a.chain} {a.name} {a.model}"
        )
    return "\n".join([*lines, "#", ""])
