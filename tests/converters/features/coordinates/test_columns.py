"""Structure columns of models built from known dihedral angles."""

import numpy as np
import pytest

from converters.errors import InputError
from converters.features.coordinates.columns import dihedrals, read_model
from converters.features.neutral import BUILT_IN
from converters.residues import encode
from tests.converters.features.coordinates.peptides import (
    HELIX,
    STRAND,
    as_mmcif,
    as_pdb,
    atoms_of,
    backbone,
    sheet,
)

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLE"
NEUTRAL = BUILT_IN.structure
ANGLES = np.deg2rad(HELIX)


@pytest.fixture
def model(tmp_path):
    def model(text, sequence=SEQUENCE, name="x.pdb"):
        path = tmp_path / name
        path.write_text(text)
        return read_model(path, encode(sequence), NEUTRAL)

    return model


def test_a_helix_from_a_prediction(model):
    plddt = np.linspace(95, 40, 24).round(2)
    atoms = atoms_of(SEQUENCE, backbone([HELIX] * 24), b_factors=plddt)
    structure, made_of = model(as_pdb(atoms))
    columns = structure.columns
    assert columns[:, 0].tolist() == [0, *[1] * 22, 0]
    assert columns[:, 2].tolist() == [1, *[0] * 22, 1]
    assert not columns[:, [1, 4]].any()
    assert columns[:, 5] == pytest.approx(1 - plddt / 100)
    sines = [np.sin(ANGLES[0]), np.cos(ANGLES[0]), np.sin(ANGLES[1]), np.cos(ANGLES[1])]
    assert np.abs(columns[1:-1, 6:] - sines).max() < 0.002
    assert ((columns[:, 3] > 0) & (columns[:, 3] <= 1)).all()
    assert made_of == "model x.pdb, chain A, 24 of 24 positions, disorder 1 - pLDDT / 100"
    assert structure.notes == ()


def test_angles_beside_an_end_are_neutral(model):
    columns = model(as_pdb(atoms_of(SEQUENCE, backbone([HELIX] * 24))))[0].columns
    assert columns[0, 6:8].tolist() == NEUTRAL[6:8].tolist()
    assert columns[-1, 8:].tolist() == NEUTRAL[8:].tolist()
    assert columns[:, 5].tolist() == [NEUTRAL[5]] * 24  # equal B factors are no pLDDT


def test_strands_with_missing_residues_between_and_beyond(model):
    one, other = sheet(9)
    sequence = "GG" + SEQUENCE[:9] + "DDD" + SEQUENCE[9:18] + "G"
    atoms = [*atoms_of(SEQUENCE[:9], one, 3), *atoms_of(SEQUENCE[9:18], other, 15)]
    structure, made_of = model(as_pdb(atoms), sequence)
    columns = structure.columns
    strand = [0, 0, 0, *[1] * 7, 0, 0, 0, 0, 0, *[1] * 7, 0, 0]
    assert columns[2:23, 1].tolist() == strand[2:23]
    assert (columns[11:14, [2, 5]] == 1).all()  # missing between: disordered coil
    assert columns[11, 3] == NEUTRAL[3]
    assert (columns[[0, 1, 23]] == NEUTRAL).all()  # beyond: not known
    assert "18 of 24 positions" in made_of
    assert columns[10, 8:].tolist() == NEUTRAL[8:].tolist()  # psi before the break


def test_mmcif_by_the_numbers_of_its_sequence_if_the_authors_do_not_fit(model):
    atoms = atoms_of(SEQUENCE[:20], backbone([HELIX] * 20))
    odd = [a._replace(number=1, insertion="A") if a.number == 2 else a for a in atoms]
    columns = model(as_mmcif(odd, label_from=1), name="x.cif")[0].columns
    assert columns[:20, 0].sum() == 18
    with pytest.raises(InputError, match="insertion codes"):
        model(as_pdb(odd))


def test_a_trace_of_alpha_carbons_is_refused(model):
    atoms = [a for a in atoms_of(SEQUENCE, backbone([HELIX] * 24)) if a.name == "CA"]
    with pytest.raises(InputError, match="in 0 of 24 residues; expected coordinates of the whole"):
        model(as_pdb(atoms))


def test_another_protein_is_refused(model):
    with pytest.raises(InputError, match=r"x\.pdb: not of this protein: chain A at best: one"):
        model(as_pdb(atoms_of(SEQUENCE, backbone([STRAND] * 24))), SEQUENCE[:-1] + "W")


def test_dihedrals_have_iupacs_sign():
    # Looking along the axis, the last bond is clockwise of the first: positive.
    points = np.array([[[1, 0, 0]], [[0, 0, 0]], [[0, 0, 1]], [[0, 1, 1]]], float)
    assert np.rad2deg(dihedrals(*points)) == pytest.approx([90])
    rows = backbone([(-57.0, 30.0)] * 4)
    phi = dihedrals(rows[:-1, 2], rows[1:, 0], rows[1:, 1], rows[1:, 2])
    psi = dihedrals(rows[:-1, 0], rows[:-1, 1], rows[:-1, 2], rows[1:, 0])
    assert np.rad2deg(phi) == pytest.approx([-57] * 3)
    assert np.rad2deg(psi) == pytest.approx([30] * 3)
