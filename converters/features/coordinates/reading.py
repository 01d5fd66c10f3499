"""Protein chains of a PDB or mmCIF file, by Biopython."""

import io
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.text import plain_suffix, read_text

SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif")
"""Suffixes of coordinate files; each may be followed by `.gz`."""
BACKBONE = ("N", "CA", "C", "O")
_BEYOND_THE_TWENTY = {"SEC": "U", "PYL": "O"}
_PLAIN = {
    *("ALA", "ARG", "ASN", "ASP", "CYS", "GLN", "GLU", "GLY", "HIS", "ILE", "LEU", "LYS", "MET"),
    *("PHE", "PRO", "SER", "THR", "TRP", "TYR", "VAL"),
    *_BEYOND_THE_TWENTY,
}
_PREDICTED = ("theoretical", "predict", "computational")


class Residue(NamedTuple):
    """Residue of a chain.

    `letter` is that of the amino acid, of which a modified residue such as MSE counts as the
    unmodified one, and X if it is unknown; `name` is the file's. `number` and `insertion` are the
    file's number. `backbone` (4, 3) are the coordinates of N, CA, C and O in angstroms, NaN where
    an atom is missing; `atoms` (n, 3) those of all atoms but hydrogens, `elements` their elements,
    and `b_factors` (n,) their temperature factors.
    """

    letter: str
    name: str
    number: int
    insertion: str
    backbone: NDArray[np.float64]
    atoms: NDArray[np.float64]
    elements: tuple[str, ...]
    b_factors: NDArray[np.float64]

    @property
    def modified(self) -> bool:
        """Return whether it counts as another residue than the file's."""
        return self.letter != "X" and self.name not in _PLAIN

    @property
    def place(self) -> str:
        """Return name and number, as in MSE 12A."""
        return f"{self.name} {self.number}{self.insertion}"


class Chain(NamedTuple):
    """Protein chain of at least one residue, in the order of the file."""

    name: str
    residues: tuple[Residue, ...]

    @property
    def sequence(self) -> str:
        """Return a letter for each residue with coordinates."""
        return "".join(residue.letter for residue in self.residues)


class Coordinates(NamedTuple):
    """The protein chains of the first model.

    `method` is the experiment's, "" if none is named; `states_confidence` is whether the file says
    that its B factors are pLDDT.
    """

    chains: tuple[Chain, ...]
    method: str
    states_confidence: bool
    notes: tuple[str, ...]


def read_coordinates(path: Path, sequential: bool = False) -> Coordinates:
    """Read the protein chains of a file's first model.

    Of alternative locations of an atom, and of alternative residues at a place, the one with the
    highest occupancy is read, the first of equal ones. Hydrogens, water and ligands are left out.

    Args:
        path: a PDB or mmCIF file, gzipped or not.
        sequential: number residues as in mmCIF's sequence (`label_seq_id`) instead of as the
            authors do; without effect for PDB files.

    Raises:
        InputError: not such a file, or it has no protein.
        OSError: it cannot be read.
    """
    from Bio.PDB.MMCIFParser import MMCIFParser
    from Bio.PDB.PDBParser import PDBParser

    text = read_text(path)
    parser: Any
    if is_mmcif(path):
        parser = MMCIFParser(QUIET=True, auth_residues=not sequential)
    else:
        parser = PDBParser(QUIET=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            structure = parser.get_structure("", io.StringIO(text))
            models = list(structure)
            chains = tuple(_chains(models[0], sequential)) if models else ()
    except Exception as error:  # the parsers raise whatever a damaged line makes fail
        kind = "mmCIF" if is_mmcif(path) else "PDB"
        detail = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: not a {kind} file ({detail:.100})") from None
    if not chains:
        raise InputError(f"{path}: has no protein chain; expected ATOM lines of amino acids")
    notes = () if len(models) == 1 else (f"the first of {len(models)} models is used",)
    states_confidence = re.search(r"^_ma_qa_metric\b.*|\bpLDDT\b", text, re.M) is not None
    return Coordinates(chains, _method(structure.header), states_confidence, notes)


def is_model(path: Path) -> bool:
    """Return whether a file's suffix is that of coordinates."""
    return plain_suffix(path) in SUFFIXES


def is_mmcif(path: Path) -> bool:
    """Return whether a file's suffix is mmCIF's."""
    return plain_suffix(path) in (".cif", ".mmcif")


def _method(header: dict[str, Any]) -> str:
    """Return the experiment that the file names, "" for a prediction or if it names none."""
    method = str(header.get("structure_method") or "").strip().lower()
    if method in ("", "unknown", "?", ".") or any(word in method for word in _PREDICTED):
        return ""
    return method


def _chains(model: Any, sequential: bool) -> Iterator[Chain]:
    for chain in model:
        residues = [found for entity in chain if (found := _residue(entity)) is not None]
        if sequential:
            residues = [residue._replace(insertion="") for residue in residues]
        if residues:
            yield Chain(str(chain.id), tuple(residues))


def _residue(entity: Any) -> Residue | None:
    """Return an amino acid, None for anything else."""
    from Bio.Data.PDBData import protein_letters_3to1_extended

    if entity.is_disordered() == 2:  # several kinds of residue at one place
        kinds = [entity.disordered_get(name) for name in entity.disordered_get_id_list()]
        entity = max(kinds, key=_occupancy)
    atoms = {atom.get_name(): atom for atom in entity if atom.element not in ("H", "D")}
    alpha = atoms.get("CA")
    name = str(entity.get_resname()).strip()
    letter = protein_letters_3to1_extended.get(f"{name:<3}", _BEYOND_THE_TWENTY.get(name))
    if alpha is None or alpha.element != "C":
        return None
    if letter is None and not {"N", "C"} <= atoms.keys():
        return None
    _, number, insertion = entity.id
    missing = np.full(3, np.nan)
    return Residue(
        letter or "X",
        name,
        int(number),
        str(insertion).strip(),
        np.array([atoms[n].coord if n in atoms else missing for n in BACKBONE], np.float64),
        np.array([atom.coord for atom in atoms.values()], np.float64),
        tuple(str(atom.element) for atom in atoms.values()),
        np.array([atom.bfactor for atom in atoms.values()], np.float64),
    )


def _occupancy(residue: Any) -> float:
    return max((float(atom.occupancy or 0) for atom in residue), default=0.0)
