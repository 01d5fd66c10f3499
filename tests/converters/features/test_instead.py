"""Which model is a transcript's, and whether a matrix was made with the same stand-ins."""

from pathlib import Path

import pytest

from converters.errors import InputError
from converters.features.instead import NOTHING, Instead, Models, is_same
from converters.features.neutral import BUILT_IN
from converters.features.raw_files import RawFiles

RAW = RawFiles("A", {"structure": Path("A.netsurfp2.json"), "counts": Path("A.npy")}, ())


@pytest.fixture
def folder(tmp_path):
    def folder(*names):
        for name in names:
            (tmp_path / name).write_text("x")
        return Models(tmp_path)

    return folder


def names(paths):
    return [path.name for path in paths]


def test_one_file_is_for_whatever_is_asked(tmp_path):
    (tmp_path / "AF.pdb").write_text("x")
    assert names(Models(tmp_path / "AF.pdb").find("ENST1")) == ["AF.pdb"]
    (tmp_path / "AF.txt").write_text("x")
    with pytest.raises(InputError, match="not a model by its name"):
        Models(tmp_path / "AF.txt")
    with pytest.raises(FileNotFoundError):
        Models(tmp_path / "none.pdb")


def test_a_folder_by_id_in_the_ways_that_models_are_named(folder):
    models = folder(
        "A.pdb", "A.cif.gz", "notes.txt", "AF-P1-F1-model_v4.cif", "AF-A-F1-model_v6.pdb.gz",
        "B_unrelaxed_rank_001_alphafold2_ptm_model_3_seed_000.pdb",
        "B_unrelaxed_rank_002_alphafold2_ptm_model_1_seed_000.pdb",
        "B_relaxed_rank_001_alphafold2_ptm_model_3_seed_000.pdb",
        "C.PDB", "D.cif.bgz", "E.pdb.ZST",
    )  # fmt: skip
    assert names(models.find("A.12")) == ["A.cif.gz", "A.pdb", "AF-A-F1-model_v6.pdb.gz"]
    assert names(models.find("P1")) == ["AF-P1-F1-model_v4.cif"]
    assert [name[:18] for name in names(models.find("B"))] == [
        "B_relaxed_rank_001", "B_unrelaxed_rank_0",
    ]  # fmt: skip
    assert names(models.find("C")) == ["C.PDB"]
    assert names(models.find("D")) == ["D.cif.bgz"]
    assert names(models.find("E")) == ["E.pdb.ZST"]
    assert models.find("F") == []


def test_a_folder_without_models_is_refused(folder):
    with pytest.raises(InputError, match="contains no model"):
        folder("a.txt")


def test_a_model_wins_over_netsurfp_and_what_is_unused_is_named(folder):
    found = Instead(models=folder("A.pdb")).of(RAW)
    assert found.paths["structure"].name == "A.pdb"
    assert found.unused == ("A.netsurfp2.json",)
    assert Instead(models=folder("A.pdb")).of(RAW._replace(transcript="B")).paths == RAW.paths


def test_without_an_input_its_file_is_not_read():
    found = Instead(without=frozenset(["counts"])).of(RAW)
    assert found.without == frozenset(["counts"])
    assert found.unused == ("A.npy",)
    assert "counts" not in found.paths
    assert not any("counts" in text for text in found.missing)
    assert NOTHING.of(RAW) == RAW


def test_a_matrix_made_with_other_stand_ins_is_another(folder):
    without = Instead(without=frozenset(["counts"])).of(RAW)
    assert is_same({"counts": "neutral values"}, without, BUILT_IN)
    assert not is_same({}, without, BUILT_IN)
    assert not is_same({"counts": "means over x"}, without, BUILT_IN)
    model = Instead(models=folder("A.pdb")).of(RAW)
    assert is_same({"structure": "model A.pdb, chain A"}, model, BUILT_IN)
    assert not is_same({"structure": "model B.pdb, chain A"}, model, BUILT_IN)
    assert is_same({}, RAW, BUILT_IN)
    assert not is_same({"counts": "neutral values"}, RAW, BUILT_IN)
