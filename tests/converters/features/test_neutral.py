"""Neutral values: where the built-in ones are from, and means over a folder."""

import numpy as np
import pytest

from converters.columns import ALIGNED_RESIDUES, RESIDUE
from converters.errors import InputError
from converters.features.neutral import BUILT_IN, mean_of
from converters.features.structure import read_structure
from tests.converters.features.conftest import PTEN, TP53


def test_built_in_values_are_the_means_over_the_shipped_proteins(raw):
    rows = [read_structure(raw / f"{name}.netsurfp2.json", name).columns for name in (TP53, PTEN)]
    assert np.concatenate(rows).mean(0) == pytest.approx(BUILT_IN.structure, abs=0.0006)
    assert not BUILT_IN.counts.any()


def test_means_over_a_folder(tmp_path):
    random = np.random.default_rng(3)
    one, other = random.random((4, 435)), random.random((8, 435))
    for matrix in (one, other):
        matrix[:, RESIDUE] = matrix[:, ALIGNED_RESIDUES] = 3
    np.save(tmp_path / "A.npy", one)
    np.save(tmp_path / "B.npy", other)
    found = mean_of(tmp_path)
    mean = np.concatenate([one, other]).mean(0)
    assert found.structure == pytest.approx(mean[421:431])
    assert found.counts == pytest.approx(mean[431:])
    assert found.origin == f"means over {tmp_path.name}"


def test_a_folder_without_matrices_is_refused(tmp_path):
    with pytest.raises(InputError, match="contains no feature matrix"):
        mean_of(tmp_path)
