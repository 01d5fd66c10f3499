"""Several processes: the same steps up to rounding, and a message when one is lost."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

APPLY = "pt_gmvp.training.learner:Learner.update"


def lines(out: Path, kind: str) -> list[dict]:
    found = (json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines())
    return [line for line in found if line["kind"] == kind]


def assert_rounding_apart(out: Path, other: Path) -> None:
    """The same run but for the order of float32 sums; a wrong weight shows in the third digit."""
    for kind, names in (
        ("step", ("loss", "learning_rate", "gradient_norm")),
        ("epoch", ("training_loss", "loss", "auroc")),
    ):
        one, two = lines(out, kind), lines(other, kind)
        assert [line["step"] for line in one] == [line["step"] for line in two]
        for name in names:
            found, wanted = ([line[name] for line in run] for run in (one, two))
            np.testing.assert_allclose(found, wanted, rtol=2e-5, err_msg=f"{kind} {name}")


@pytest.mark.slow
def test_the_rounding_of_two_runs_is_less_than_a_wrong_weight(undisturbed, train, tmp_path):
    """The comparison can fail: a batch smaller by one variant is not rounding."""
    config = json.loads((undisturbed / "config.json").read_bytes())
    config["training"]["batch_size"] = 6
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model": config["model"], "training": config["training"]}))
    run = train(tmp_path / "run", "--config", path)
    assert run.wait() == [0], run.stderr()
    with pytest.raises(AssertionError):
        assert_rounding_apart(tmp_path / "run", undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("world", [2, 4])
def test_the_same_steps_on_any_number_of_processes(world, train, tmp_path, undisturbed, results_of):
    # Parts of 4 and 3, or 2, 2, 2 and 1; of an epoch's last batch, which has one variant, 1 and 0.
    run = train(tmp_path / "run", world=world)
    assert run.wait() == [0] * world, run.stderr()
    assert_rounding_apart(tmp_path / "run", undisturbed)
    assert results_of(tmp_path / "run").keys() == results_of(undisturbed).keys()
    tables = [
        [row.split("\t") for row in (out / "predictions/epoch-2.tsv").read_text().splitlines()]
        for out in (tmp_path / "run", undisturbed)
    ]
    assert [[row[0], row[2]] for row in tables[0]] == [[row[0], row[2]] for row in tables[1]]
    assert all(run.stdout(rank) == "" for rank in range(1, world))


@pytest.mark.slow
def test_pieces_of_a_batch_make_the_same_step(train, tmp_path, undisturbed):
    run = train(tmp_path / "run", "--accumulate", 3)
    assert run.wait() == [0], run.stderr()
    assert_rounding_apart(tmp_path / "run", undisturbed)


@pytest.mark.slow
def test_pieces_and_processes_together(train, tmp_path, undisturbed):
    # Two pieces where a process has one variant, or none.
    run = train(tmp_path / "run", "--accumulate", 2, world=2)
    assert run.wait() == [0, 0], run.stderr()
    assert_rounding_apart(tmp_path / "run", undisturbed)


@pytest.mark.slow
def test_a_killed_process_ends_the_others_with_a_message(train, tmp_path, results_of):
    out = tmp_path / "run"
    run = train(out, "--checkpoint-every", 2, world=3, places={1: [(APPLY, 9, "", "before")]})
    assert run.wait() == [2, -signal.SIGKILL, 2], run.stderr()
    for rank in (0, 2):
        assert run.stderr(rank).splitlines()[-1] == (
            f"error: process {rank} of 3: another process of this run ended or does not respond, "
            "so this one ends too; the last checkpoint is valid: continue from it with --resume"
        )
        assert "Traceback" not in run.stderr(rank)
    # With three processes the order of sums counts, which the first pass of each start sets.
    assert train(out, "--resume", world=3).wait() == [0, 0, 0]
    whole = train(tmp_path / "whole", world=3)
    assert whole.wait() == [0, 0, 0]
    assert results_of(out) == results_of(tmp_path / "whole")


@pytest.mark.slow
def test_a_process_that_does_not_answer_counts_as_lost(train, tmp_path):
    run = train(tmp_path / "run", "--timeout", 3, world=2, places={1: [(APPLY, 3, "", "sleep")]})
    run.processes[0].join(60)
    assert run.processes[0].exitcode == 2
    assert "ended or does not respond" in run.stderr(0).splitlines()[-1]
    run.kill()


def test_one_is_asked_to_stop_and_all_do(train, tmp_path):
    out = tmp_path / "run"
    run = train(out, world=2, places={1: [(APPLY, 4, "", "SIGTERM")]})
    assert run.wait() == [143, 143], run.stderr()
    assert run.stderr(0).splitlines()[-1].startswith("stopped on request after step 5, saved in")
    assert run.stderr(1) == "stopping after this step; signal again to stop at once\n"
    assert [path.name for path in (out / "checkpoint").iterdir()] == ["step-00000005.safetensors"]


@pytest.mark.slow
def test_it_resumes_with_another_number_of_processes(train, tmp_path, undisturbed):
    out = tmp_path / "run"
    assert train(out, places=[(APPLY, 8, "", "SIGTERM")]).wait() == [143]
    run = train(out, "--resume", world=2)
    assert run.wait() == [0, 0], run.stderr()
    assert_rounding_apart(out, undisturbed)


def test_a_refusal_of_the_first_process_ends_all(train, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").touch()
    run = train(tmp_path / "run", world=2)
    assert run.wait() == [2, 2]
    assert "contains notes.txt; give --resume" in run.stderr(0)


@pytest.mark.exhaustive
def test_under_torchrun_a_killed_worker_ends_the_run(config, data, tmp_path):
    out = tmp_path / "run"
    command = [
        str(Path(sys.executable).parent / "torchrun"),
        *("--nproc-per-node", "2", "-m", "pt_gmvp.cli", "train", "--device", "cpu"),
        *("--config", str(config), "--data", str(data), "--out", str(out)),
        *("--max-epochs", "50", "--checkpoint-every", "1"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stderr is not None
        while not list((out / "checkpoint").glob("step-*")):
            assert run.poll() is None, run.stderr.read()
            time.sleep(0.2)
        children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
        workers = [int(child) for child in children if _is_worker(child)]
        assert len(workers) == 2
        os.kill(workers[1], signal.SIGKILL)
        _, said = run.communicate(timeout=120)
    assert run.returncode == 1
    assert re.search(r"error: process 0 of 2: another process of this run ended", said)
    assert f"Signal {signal.SIGKILL.value} (SIGKILL) received by PID {workers[1]}" in said


def _is_worker(process: str) -> bool:
    return b"pt_gmvp.cli" in Path(f"/proc/{process}/cmdline").read_bytes()
