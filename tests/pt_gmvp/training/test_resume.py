"""Killed at any moment and gone on with: the same bits as if nothing had happened."""

import json
import signal

import numpy as np
import pytest

STEP = "pt_gmvp.training.learner:Learner.update"
LOSS = "pt_gmvp.training.learner:Learner.differentiate"
FLUSH = "converters.atomic:flush"
WRITE = "pathlib:Path.write_bytes"
RENAME = "converters.atomic:os.replace"
REMOVE = "pathlib:Path.unlink"
VALIDATE = "pt_gmvp.training.trainer:score"
RECORD = "pt_gmvp.training.recorder:Recorder.write_epoch"


def resumed(train, out, *arguments, **how):
    run = train(out, "--resume", *arguments, **how)
    assert run.wait() == [0], run.stderr()
    return run


@pytest.mark.slow
def test_two_runs_alike_give_the_same_bits(train, tmp_path, undisturbed, results_of):
    run = train(tmp_path / "run")
    assert run.wait() == [0], run.stderr()
    assert results_of(tmp_path / "run") == results_of(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        pytest.param((STEP, 1, "", "before"), id="before anything was kept"),
        pytest.param((LOSS, 5, "", "after"), id="between gradients and step"),
        pytest.param((STEP, 9, "", "after"), id="after a step"),
        pytest.param((WRITE, 4, ".step-", "half"), id="with half a checkpoint written"),
        pytest.param((FLUSH, 5, ".step-", "before"), id="before a checkpoint is on the disk"),
        pytest.param((RENAME, 5, ".step-", "after"), id="with two checkpoints there"),
        pytest.param((VALIDATE, 2, "", "before"), id="between epoch and validation"),
        pytest.param((RECORD, 2, "", "after"), id="after the weights, before the checkpoint"),
    ],
)
def test_killed_and_resumed(place, train, tmp_path, undisturbed, results_of):
    out = tmp_path / "run"
    run = train(out, "--checkpoint-every", 2, places=[place])
    assert run.wait() == [-signal.SIGKILL], run.stderr()
    resumed(train, out, "--checkpoint-every", 2)
    assert results_of(out) == results_of(undisturbed)
    assert len(list((out / "checkpoint").iterdir())) == 1


@pytest.mark.exhaustive
def test_killed_again_and_again_at_random(train, tmp_path, undisturbed, results_of):
    out, random, code = tmp_path / "run", np.random.default_rng(7), None
    for _ in range(40):
        where = (STEP, LOSS, WRITE, RENAME, FLUSH)[random.integers(5)]
        place = (where, int(random.integers(1, 6)), "", ("before", "after")[random.integers(2)])
        run = train(out, "--checkpoint-every", 1, "--resume", places=[place])
        code = run.wait()[0]
        assert code in (0, -signal.SIGKILL), run.stderr()
    resumed(train, out)
    assert results_of(out) == results_of(undisturbed)
    assert len(json.loads((out / "environment.json").read_bytes())["sessions"]) > 10


@pytest.mark.slow
@pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_finishes_its_step(wish, train, tmp_path, undisturbed, results_of):
    out = tmp_path / "run"
    run = train(out, places=[(LOSS, 8, "", wish.name)])
    assert run.wait() == [128 + wish], run.stderr()
    assert "stopping after this step; signal again to stop at once" in run.stderr()
    assert run.stderr().splitlines()[-1] == (
        f"stopped on request after step 9, saved in {out / 'checkpoint'}; continue with --resume"
    )
    assert [path.name for path in (out / "checkpoint").iterdir()] == ["step-00000009.safetensors"]
    run = resumed(train, out)
    assert "continuing after step 9, in epoch 2" in run.stderr()
    assert results_of(out) == results_of(undisturbed)


@pytest.mark.slow
def test_a_finished_run_stays_as_it_is(train, tmp_path, undisturbed, results_of):
    out = tmp_path / "run"
    run = train(out)
    assert run.wait() == [0]
    again = resumed(train, out)
    assert again.stdout() == run.stdout()
    assert results_of(out) == results_of(undisturbed)


@pytest.mark.slow
def test_nothing_to_resume_is_a_beginning(train, tmp_path, undisturbed, results_of):
    run = resumed(train, tmp_path / "run")
    assert f"{tmp_path / 'run'}: no run to resume; starting one" in run.stderr()
    assert results_of(tmp_path / "run") == results_of(undisturbed)


def test_a_state_that_forgets_something_is_noticed(train, tmp_path, undisturbed, results_of):
    """The comparison can fail: with the moments of Adam set to zero the bits differ."""
    from safetensors import safe_open
    from safetensors.torch import save_file

    out = tmp_path / "run"
    assert train(out, places=[(LOSS, 8, "", "SIGTERM")]).wait() == [143]
    (path,) = (out / "checkpoint").iterdir()
    with safe_open(path, "pt") as file:
        about = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    moments = [name for name in tensors if name.startswith("optimizer/mean/")]
    assert moments
    save_file(tensors | {name: 0 * tensors[name] for name in moments}, path, about)
    resumed(train, out)
    found, expected = results_of(out), results_of(undisturbed)
    assert found.keys() == expected.keys()
    assert found["metrics.jsonl"] != expected["metrics.jsonl"]
    assert (
        found["weights/epoch-2/model.safetensors"] != expected["weights/epoch-2/model.safetensors"]
    )
