"""A matrix that cannot be used is noted with its transcript, and the others are read."""

import numpy as np
import pytest
import torch

from converters.errors import InputError
from converters.features.files import save_matrix
from pt_gmvp.forms.per_residue.engine import Scorer
from pt_gmvp.scoring import working
from pt_gmvp.scoring.models import load_ensemble
from pt_gmvp.scoring.transcripts import Task
from pt_gmvp.scoring.working import read_matrices, read_matrix


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (3, 0, -1, "row 3, column 0 is -1.0; expected a residue code, 0 to 20"),
        (0, 220, 7.5, "row 0, column 220 is 7.5; expected a residue code"),
        (4, 433, 1e39, "row 4, column 433 is 1e+39; expected a count of variants"),
        (2, 9, 1e30, "row 2, column 9 is 1e+30; expected a probability of the profile"),
        (1, 5, np.nan, "contains nan in row 1, column 5 (both from 0); expected finite numbers"),
    ],
)
def test_what_the_model_would_refuse_is_refused_by_its_place(
    tmp_path, protein, row, column, value, said
):
    matrix = protein(5, 0)
    matrix[row, column] = value
    save_matrix(tmp_path / "T.npy", matrix)
    with pytest.raises(InputError) as refused:
        read_matrix(tmp_path / "T.npy")
    assert str(refused.value).startswith(f"{tmp_path / 'T.npy'}: {said}")


def test_what_the_model_takes_is_read(tmp_path, protein):
    matrix = protein(5, 0)
    matrix[0, 0], matrix[1, 21], matrix[2, 400] = 20, 20, 100
    save_matrix(tmp_path / "T.npy", matrix)
    np.testing.assert_array_equal(read_matrix(tmp_path / "T.npy"), matrix.astype(np.float32))


def test_the_others_are_read(own_features):
    (own_features / "T2.npy").unlink()
    (own_features / "T5.npy").unlink()
    np.save(own_features / "T5.npy", np.zeros((5, 434)))
    (own_features / "T13.pickle").unlink()
    (own_features / "T13.pickle").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    names = {"T1": "npy", "T2": "npy", "T5": "npy", "T13": "pickle", "T21": "npy"}
    tasks = [Task(n, own_features / f"{n}.{suffix}", (0, 0), 1) for n, suffix in names.items()]
    failures = {}
    found = {task.transcript: len(matrix) for task, matrix in read_matrices(tasks, failures)}
    assert found == {"T1": 1, "T21": 21}
    assert failures.keys() == {"T2", "T5", "T13"}
    assert failures["T2"] == f"{own_features / 'T2.npy'}: No such file or directory"
    assert "array of shape (5, 434); expected (protein length, 435)" in failures["T5"]
    assert "it asks for the global os.system" in failures["T13"]


def test_too_little_memory_on_the_device_is_one_line(models, few, monkeypatch) -> None:
    def score(self, proteins):
        yield from ()
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate ...")

    monkeypatch.setattr(Scorer, "score", score)
    ensemble = load_ensemble(models, torch.device("cpu"), "float32")
    with pytest.raises(InputError, match="out of memory on cpu; finished scores are kept"):
        working.score(ensemble, [], lambda scored: None, lambda units: None)
