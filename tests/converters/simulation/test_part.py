"""One file of a simulation: what it holds, and the files it writes beside it."""

from pathlib import Path

import numpy as np
import pytest

from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFolder
from converters.records.variant_record import read_records
from converters.simulation.part import FEATURES, Outputs, Part, known_path, write_raw
from converters.simulation.plan import Settings, make_plan, name_of


def test_a_protein_is_the_same_however_many_there_are(draw_all):
    few, _ = draw_all(Settings(10, 100, 5, length=70.0))
    more, _ = draw_all(Settings(20, 200, 5, length=70.0))
    for (one, of_one), (other, of_other) in zip(few, more, strict=False):
        assert one.matrix().tobytes() == other.matrix().tobytes()
        assert of_one.names("T") == of_other.names("T")
        assert (of_one.labels == of_other.labels).all()


@pytest.mark.parametrize(
    ("outputs", "name"),
    [(Outputs(), "train_r0_3.tfrec"), (Outputs("store", replicate=2), "train_r2_3.store")],
)
def test_names_of_files(outputs, name):
    assert outputs.part(3) == name
    assert known_path(Path("folder"), outputs, 3) == Path("folder", f"{name}.npz")


def test_raw_files_give_the_exact_matrix(protein, tmp_path):
    write_raw(tmp_path, protein)
    made = make_matrix(RawFolder(tmp_path).find(protein.name))
    assert made.matrix.tobytes() == protein.matrix().tobytes()
    assert made.notes == ()


@pytest.fixture
def plan(small):
    return make_plan(small)


def test_a_part_writes_its_records_and_then_their_true_values(small, plan, tmp_path):
    (tmp_path / FEATURES).mkdir()
    advanced = []
    outputs = Outputs(matrices=True)
    Part(small, outputs, plan, 4).write(tmp_path, advanced.append)
    records = list(read_records(tmp_path / outputs.part(4)))
    assert len(records) == sum(advanced) == (plan.file == 4).sum()
    known = np.load(known_path(tmp_path, outputs, 4))
    assert known["label"].tolist() == [record.label for record in records]
    assert known["ref"].tolist() == [record.ref_aa for record in records]
    assert known["alt"].tolist() == [record.alt_aa for record in records]
    assert (known["part"] == 4).all()
    proteins = set(known["protein"].tolist())
    assert {path.stem for path in (tmp_path / FEATURES).iterdir()} == set(map(name_of, proteins))
    assert set(known["pairs"][:, 0].tolist()) <= proteins


def test_a_protein_of_several_files_is_written_by_the_first(small, tmp_path):
    """Its matrix and its coupled pairs must not occur twice."""
    settings = small._replace(proteins=1, variants=40, split="position")
    plan = make_plan(settings)
    (tmp_path / FEATURES).mkdir()
    pairs = []
    for number in (1, 0):
        outputs = Outputs(matrices=True)
        Part(settings, outputs, plan, number).write(tmp_path, lambda _: None)
        pairs.append(len(np.load(known_path(tmp_path, outputs, number))["pairs"]))
        assert len(list((tmp_path / FEATURES).iterdir())) == (number == 0)
    assert pairs[0] == 0
    assert pairs[1] > 0


def test_a_part_in_a_missing_folder_is_an_error(small, plan, tmp_path):
    with pytest.raises(FileNotFoundError):
        Part(small, Outputs(), plan, 0).write(tmp_path / "missing", lambda _: None)
    assert not list(tmp_path.iterdir())
