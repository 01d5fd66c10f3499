"""Accessible areas: spheres with a known area, Biopython's implementation, and fractions."""

import io

import numpy as np
import pytest

from converters.features.coordinates.reading import Residue, read_coordinates
from converters.features.coordinates.surface import LARGEST, relative_areas, residue_areas
from converters.residues import AMINO_ACIDS
from tests.converters.features.coordinates.peptides import HELIX, as_pdb, atoms_of, backbone


def ball(place, element="O"):
    atoms = np.array([place], float)
    main = np.full((4, 3), np.nan)
    return Residue("G", "GLY", 1, "", main, atoms, (element,), np.zeros(1))


def test_one_atom_is_a_whole_sphere():
    assert residue_areas([ball((1, 2, 3))]) == pytest.approx(4 * np.pi * 2.8**2)
    assert residue_areas([ball((1, 2, 3), "N")]) == pytest.approx(4 * np.pi * 3.05**2)


def test_two_atoms_cover_a_cap_of_each_other():
    # A sphere loses the cap beyond half of the distance: 2 pi r (r - d / 2).
    areas = residue_areas([ball((0, 0, 0)), ball((2.0, 0, 0))])
    expected = 4 * np.pi * 2.8**2 - 2 * np.pi * 2.8 * (2.8 - 1.0)
    assert areas == pytest.approx([expected] * 2, rel=0.02)


def test_what_is_far_away_covers_nothing_and_what_is_inside_has_no_area():
    far = residue_areas([ball((0, 0, 0)), ball((5.7, 0, 0))])
    assert far == pytest.approx([4 * np.pi * 2.8**2] * 2)
    assert residue_areas([ball((0, 0, 0)), ball((0.01, 0, 0), "C")])[0] == 0


def test_as_biopython_computes_it(tmp_path):
    from Bio.PDB.PDBParser import PDBParser
    from Bio.PDB.SASA import ShrakeRupley

    text = as_pdb(atoms_of("ACDEFGHIKLMNPQRSTVWY", backbone([HELIX] * 20)))
    path = tmp_path / "x.pdb"
    path.write_text(text)
    ours = residue_areas(read_coordinates(path).chains[0].residues)
    structure = PDBParser(QUIET=True).get_structure("", io.StringIO(text))
    # One radius for all carbons, between those of CA, C and side chains here.
    radii = {"C": 1.815, "N": 1.65, "O": 1.40}
    ShrakeRupley(n_points=200, radii_dict=radii).compute(structure, level="R")
    theirs = np.array([residue.sasa for residue in structure.get_residues()])
    assert ours == pytest.approx(theirs, abs=6)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=0.02)


def test_fractions_of_the_largest_area():
    assert sorted(LARGEST) == sorted(AMINO_ACIDS)
    assert relative_areas([ball((0, 0, 0))]) == pytest.approx(1)  # 98.5 of 78.7
    small = ball((0, 0, 0))._replace(letter="W", name="TRP")
    assert relative_areas([small]) == pytest.approx(4 * np.pi * 2.8**2 / 240.5)
    assert np.isnan(relative_areas([small._replace(letter="X")])).all()
