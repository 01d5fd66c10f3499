"""Disorder from B factors: pLDDT or not."""

import numpy as np
import pytest

from converters.features.coordinates.confidence import disorder
from converters.features.coordinates.reading import Chain, Residue


def chain(*factors):
    residues = []
    for b_factors in factors:
        values = np.array(np.atleast_1d(b_factors), float)
        nothing = np.zeros((4, 3))
        residues.append(Residue("A", "ALA", 1, "", nothing, np.zeros((len(values), 3)), (), values))
    return Chain("A", tuple(residues))


def test_plddt_of_a_prediction():
    found = disorder(chain([90, 90], [30, 30.01]), "", False)
    assert found.values == pytest.approx([0.1, 0.7], abs=1e-4)
    assert found.rule == "1 - pLDDT / 100"


def test_plddt_from_0_to_1():
    found = disorder(chain([0.9], [0.3]), "", False)
    assert found.values == pytest.approx([0.1, 0.7])
    assert found.rule == "1 - pLDDT"


def test_plddt_of_each_atom_counts_if_the_file_names_it():
    atoms = chain([90, 80], [30, 40])
    assert disorder(atoms, "", True).values == pytest.approx([0.15, 0.65])
    assert np.isnan(disorder(atoms, "", False).values).all()


def test_residues_of_an_experiment_are_ordered():
    found = disorder(chain([90, 80], [30, 40]), "x-ray diffraction", False)
    assert found.values.tolist() == [0, 0]
    assert "x-ray" in found.rule


@pytest.mark.parametrize("factors", [(0, 0), (50, 50), (-1, 20), (20, 120)])
def test_what_is_no_plddt_is_unknown(factors):
    found = disorder(chain(*factors), "", True)
    assert np.isnan(found.values).all()
    assert found.rule == "unknown, because the file has no pLDDT"
