"""One transcript's features by name; a name that is nearly one is hinted at."""

import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.data.transcripts import load_transcript, protein_of


@pytest.fixture
def folder(tmp_path, pten):
    np.save(tmp_path / "ENST00000371953.npy", pten)
    return tmp_path


def test_by_its_id_with_a_version_or_without(folder, pten):
    for name in ("ENST00000371953", "ENST00000371953.9"):
        assert (load_transcript(folder, name) == pten).all()
    assert protein_of(pten).startswith(
        "MTAIIKEIVSRNKRRYQEDGFDLDLTYIYPNIIAMGFPAERLEGVYRNNIDDVVRFLDSKHKNHYKIYNLCAERHYDTAKFNCRV"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ENST00000371593", "did you mean ENST00000371953?"),
        ("enst00000371953", "did you mean ENST00000371953?"),
        ("PTEN", "there are 1: ENST00000371953"),
    ],
)
def test_near_names(folder, name, said):
    with pytest.raises(InputError) as raised:
        load_transcript(folder, name)
    assert str(raised.value) == f"{folder}: no features of {name}; {said}"


def test_a_folder_that_is_none_and_one_that_is_empty(tmp_path):
    with pytest.raises(InputError, match="no such folder; expected one with <transcript>"):
        load_transcript(tmp_path / "none", "T")
    with pytest.raises(InputError, match="there are none for any transcript"):
        load_transcript(tmp_path, "T")


@pytest.mark.parametrize("columns", [434, 436])
def test_a_matrix_of_another_width(tmp_path, columns):
    np.save(tmp_path / "T.npy", np.zeros((5, columns)))
    with pytest.raises(InputError, match=rf"T.npy: array of shape \(5, {columns}\); expected"):
        load_transcript(tmp_path, "T")


def test_a_damaged_matrix(folder):
    path = folder / "ENST00000371953.npy"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match=r"not a complete \.npy file"):
        load_transcript(folder, "ENST00000371953")


@pytest.mark.parametrize("name", ["../T", "a/T", "/T", "", ".."])
def test_a_path_is_no_name(tmp_path, name):
    (tmp_path / "a").mkdir()
    for path in (tmp_path / "T.npy", tmp_path / "a" / "T.npy", tmp_path / "..npy"):
        np.save(path, np.zeros((2, 435)))
    with pytest.raises(InputError):
        load_transcript(tmp_path / "a", name)
