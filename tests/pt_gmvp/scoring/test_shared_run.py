"""A shared run plans and finishes on the first process, and works on all."""

import pytest
import torch

from converters.errors import InputError
from pt_gmvp.scoring.folder import PartsFolder
from pt_gmvp.scoring.models import load_ensemble
from pt_gmvp.scoring.outputs import Output
from pt_gmvp.scoring.shared_run import one_process, run_shared, say


@pytest.fixture
def ensemble(models):
    return load_ensemble(models, torch.device("cpu"), "float32")


def test_one_process_plans_and_finishes_in_a_locked_folder(tmp_path, ensemble) -> None:
    folder = PartsFolder(tmp_path / "o.tsv")

    def plan(ensemble, world):
        with pytest.raises(InputError, match="another program is scoring in it"):
            PartsFolder(tmp_path / "o.tsv").locked().__enter__()
        return ensemble, world.size

    def finish(ensemble, planned, works, seconds):
        assert seconds >= 0
        return ensemble, planned, works

    found = run_shared(
        folder, lambda: ensemble, 5, plan, lambda ensemble, planned, world: world.rank, finish
    )
    assert found == (ensemble, (ensemble, 1), [0])
    assert not folder.path.exists()  # no run was started


def test_an_error_of_the_plan_is_raised_and_leaves_nothing(tmp_path, ensemble) -> None:
    def plan(ensemble, world):
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        run_shared(PartsFolder(tmp_path / "o.tsv"), lambda: ensemble, 5, plan, None, None)
    assert not list(tmp_path.iterdir())


def test_a_stream_is_one_process_s(monkeypatch, capsys) -> None:
    one_process(Output("-"))
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(InputError, match=r"^--output -: several processes cannot write to one"):
        one_process(Output("-"))
    say("a", "b")
    assert capsys.readouterr().err == "a\nb\n"
