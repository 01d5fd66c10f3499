"""Files of coordinates in their dressings, and what is no such file."""

import gzip

import numpy as np
import pytest
import zstandard

from converters.errors import InputError
from converters.features.coordinates.reading import is_mmcif, is_model, read_coordinates
from tests.converters.features.coordinates.peptides import (
    HELIX,
    Atom,
    as_mmcif,
    as_pdb,
    atoms_of,
    backbone,
)

SEQUENCE = "MKTAYIAK"
PLACES = backbone([HELIX] * len(SEQUENCE))


@pytest.fixture
def read(tmp_path):
    def read(text, name="x.pdb", **how):
        path = tmp_path / name
        data = text.encode()
        if name.endswith(".zst"):
            data = zstandard.compress(data)
        path.write_bytes(gzip.compress(data) if name.endswith((".gz", ".bgz")) else data)
        return read_coordinates(path, **how)

    return read


@pytest.mark.parametrize("name", ["x.pdb", "x.ent", "x.PDB", "x.pdb.gz", "x.pdb.zst"])
def test_a_pdb_file(read, name):
    found = read(as_pdb(atoms_of(SEQUENCE, PLACES)), name)
    (chain,) = found.chains
    assert (chain.name, chain.sequence) == ("A", SEQUENCE)
    assert np.abs(np.stack([r.backbone for r in chain.residues]) - PLACES).max() < 0.001
    assert (found.method, found.states_confidence, found.notes) == ("", False, ())


@pytest.mark.parametrize("name", ["x.cif", "x.mmcif", "x.cif.gz", "x.cif.bgz"])
def test_the_same_as_mmcif(read, name):
    (chain,) = read(as_mmcif(atoms_of(SEQUENCE, PLACES)), name).chains
    assert (chain.name, chain.sequence) == ("A", SEQUENCE)
    assert np.abs(np.stack([r.backbone for r in chain.residues]) - PLACES).max() < 0.001


def test_numbers_of_the_authors_or_of_the_sequence(read):
    text = as_mmcif(atoms_of(SEQUENCE, PLACES, first=101), label_from=4)
    assert [r.number for r in read(text, "x.cif").chains[0].residues][:2] == [101, 102]
    again = read(text, "x.cif", sequential=True)
    assert [r.number for r in again.chains[0].residues][:2] == [4, 5]


def test_methods(read):
    atoms = atoms_of(SEQUENCE, PLACES)
    header = "HEADER    HYDROLASE                               01-JAN-00   1ABC\n"
    x_ray = header + "EXPDTA    X-RAY DIFFRACTION"
    assert read(as_pdb(atoms, x_ray)).method == "x-ray diffraction"
    assert read(as_pdb(atoms, header + "EXPDTA    THEORETICAL MODEL")).method == ""
    assert read(as_mmcif(atoms, "_exptl.method 'SOLUTION NMR'"), "x.cif").method == "solution nmr"
    named = as_mmcif(atoms, "_ma_qa_metric.name pLDDT")
    assert read(named, "x.cif").states_confidence


def test_the_first_model_of_several(read):
    atoms = atoms_of(SEQUENCE, PLACES)
    more = [atom._replace(model=2, place=atom.place + 5) for atom in atoms]
    found = read(as_pdb([*atoms, *more]))
    assert found.notes == ("the first of 2 models is used",)
    assert np.abs(found.chains[0].residues[0].backbone - PLACES[0]).max() < 0.001


def test_of_alternative_locations_the_more_occupied(read):
    atoms = atoms_of(SEQUENCE, PLACES)
    index = next(i for i, a in enumerate(atoms) if (a.name, a.number) == ("CA", 3))
    less = atoms[index]._replace(alternative="A", occupancy=0.3)
    more = less._replace(alternative="B", occupancy=0.7, place=less.place + 1)
    (chain,) = read(as_pdb([*atoms[:index], less, more, *atoms[index + 1 :]])).chains
    assert chain.residues[2].backbone[1] == pytest.approx(more.place, abs=0.001)
    assert len(chain.residues[2].atoms) == 4


def test_of_alternative_residues_the_more_occupied(read):
    atoms = [a for a in atoms_of(SEQUENCE, PLACES) if a.number != 3]
    there = [a for a in atoms_of(SEQUENCE, PLACES) if a.number == 3]
    less = [a._replace(alternative="A", occupancy=0.4) for a in there]
    more = [a._replace(alternative="B", occupancy=0.6, residue="SER") for a in there]
    text = as_pdb([*atoms[:8], *less, *more, *atoms[8:]])
    assert read(text).chains[0].sequence == "MKSAYIAK"


def test_ligands_water_ions_and_hydrogens_are_left_out(read):
    ion = Atom("CA", "CA", "A", 201, "", np.zeros(3), hetero=True)
    calcium = as_pdb([ion]).splitlines()[0]
    calcium = calcium[:12] + "CA  " + calcium[16:76] + "CA"
    water = Atom("O", "HOH", "A", 202, "", np.zeros(3), hetero=True)
    hydrogen = Atom("H", "MET", "A", 1, "", np.zeros(3))
    lines = as_pdb([*atoms_of(SEQUENCE, PLACES), hydrogen, water]).splitlines()
    (chain,) = read("\n".join([calcium, *lines])).chains
    assert chain.sequence == SEQUENCE
    assert chain.residues[0].elements == ("N", "C", "C", "O")


def test_modified_unknown_and_rare_residues(read):
    kinds = {1: "MSE", 2: "SEC", 3: "UNK", 4: "QQQ"}
    atoms = [
        a._replace(residue=kinds[a.number], hetero=True) if a.number in kinds else a
        for a in atoms_of(SEQUENCE, PLACES)
    ]
    (chain,) = read(as_pdb(atoms)).chains
    assert chain.sequence == "MUXX" + SEQUENCE[4:]
    assert [r.modified for r in chain.residues] == [True, *[False] * 7]
    assert chain.residues[0].place == "MSE 1"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("x.pdb", "", "not a PDB file"),
        ("x.pdb", "this is not a structure\n", "has no protein chain"),
        ("x.cif", "", "not a mmCIF file|has no protein chain"),
        ("x.cif", "data_x\nloop_\n_atom_site.id\n1\n", "not a mmCIF file"),
        ("x.pdb", "ATOM      1  N   MET A   1       xxxxxx\n", "not a PDB file"),
    ],
)
def test_what_is_no_structure_is_refused(read, name, text, message):
    with pytest.raises(InputError, match=message):
        read(text, name)


def test_suffixes(tmp_path):
    names = ("a.pdb", "a.ent.gz", "a.CIF", "a.mmcif.gz", "a.pdb.bak", "a.npy")
    paths = [tmp_path / name for name in names]
    assert [is_model(path) for path in paths] == [True] * 4 + [False] * 2
    assert [is_mmcif(path) for path in paths[:4]] == [False, False, True, True]
