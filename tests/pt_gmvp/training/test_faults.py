"""Faults of a run: reported in one line, nothing lost, and replayed if possible."""

import json
import re
import shutil

import pytest

from converters.records.variant_record import write_records

APPLY = "pt_gmvp.training.learner:Learner.update"


@pytest.fixture
def changed(data, records, tmp_path):
    """A copy of the data in which one record of each of the ten files is changed."""

    def make(change):
        folder = tmp_path / "changed"
        shutil.copytree(data, folder)
        for number in range(10):
            part = records[number::10]
            write_records(
                folder / f"train_r0_{number}.tfrec", [*part[:2], change(part[2]), part[3]]
            )
        return folder

    return make


def with_feature(column, value):
    def change(record):
        feature = record.feature.copy()
        feature[64, column] = value
        return record._replace(feature=feature)

    return change


def refused(run, code=2, rank=0):
    assert code in run.wait(), run.stderr(rank)
    assert "Traceback" not in run.stderr(rank)
    return run.stderr(rank).splitlines()[-1]


@pytest.mark.parametrize("world", [1, 2])
def test_a_loss_that_is_nan_stops_the_run_and_can_be_replayed(
    world, changed, train, start, tmp_path
):
    out = tmp_path / "run"
    run = train(out, "--data", changed(with_feature(5, float("nan"))), world=world)
    said = refused(run)
    step = int(said.split("error: step ")[1].split()[0])
    kept = out / f"fault-step-{step}.safetensors"
    assert said.startswith(f"error: step {step} of epoch 1: the loss is nan, the norm of the ")
    assert said.endswith(f" and 4 more; replay it with: gmvp replay {kept}")
    assert run.wait() == [2] * world
    if world == 2:
        assert run.stderr(1) == ""
    steps = [json.loads(line)["step"] for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert steps == list(range(1, step))
    again = start("replay", kept)
    assert again.wait() == [1], again.stderr()
    rows = [line.split("  ")[0].strip() for line in again.stdout().splitlines()]
    assert "loss now" in rows
    odd = [line.split()[-1] for line in again.stdout().splitlines() if "not finite for" in line]
    assert odd
    # The third record of each file, by how the files were made.
    assert all(20 <= int(name.removeprefix("v")) < 30 for name in odd)
    assert "first intermediate that is not finite   context" in again.stdout()


def test_a_step_replayed_is_the_step_of_the_run(train, start, tmp_path, undisturbed):
    """Weights, batch and dropout are those of before the step: its loss comes out the same."""
    out = tmp_path / "run"
    # The gradients' norm is made infinite, the loss is as it was.
    place = ("pt_gmvp.training.learner:get_total_norm", 4, "", "infinite")
    said = refused(train(out, places=[place]))
    assert "step 4 of epoch 1: the loss is 0." in said
    again = start("replay", out / "fault-step-4.safetensors")
    assert again.wait() == [0], again.stderr()
    lines = (undisturbed / "metrics.jsonl").read_text().splitlines()
    loss = json.loads(lines[3])["loss"]
    rows = dict(re.split(r" {2,}", line) for line in again.stdout().splitlines() if "  " in line)
    assert rows["loss now"] == f"{loss:g}"
    assert rows["loss in the run"] == f"{loss!r}"


def test_other_files_are_not_replayed(start, undisturbed, tmp_path):
    (tmp_path / "text").write_text("text")
    for file in (tmp_path / "text", tmp_path / "none", undisturbed / "model/model.safetensors"):
        assert f"error: {file}: not the file of a failed step" in refused(start("replay", file))


def test_a_variant_with_a_residue_that_is_none_is_named(changed, train, tmp_path):
    said = refused(train(tmp_path / "run", "--data", changed(with_feature(0, -1))))
    assert said.startswith("error: variant v2")
    assert "residue code -1 at batch row" in said


def test_a_variant_without_a_label_is_named(changed, train, tmp_path):
    folder = changed(lambda record: record._replace(label=None))
    said = refused(train(tmp_path / "run", "--data", folder))
    assert "and 0 more have no label to validate on" in said


def test_a_damaged_record_is_named(data, train, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(data, folder)
    for path in folder.iterdir():
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.write_bytes(whole)
    said = refused(train(tmp_path / "run", "--data", folder))
    assert f"{folder}/train_r0_" in said
    assert "record 2 at byte" in said or "record 1 at byte" in said


@pytest.mark.slow
def test_a_disk_that_is_full_at_a_checkpoint_costs_nothing(
    train, tmp_path, undisturbed, results_of
):
    out = tmp_path / "run"
    checkpoint = next((undisturbed / "checkpoint").iterdir()).stat().st_size
    assert train(out, "--checkpoint-every", 2, places=[(APPLY, 5, "", "SIGTERM")]).wait() == [143]
    kept = [path.name for path in (out / "checkpoint").iterdir()]
    # Room for all but a whole checkpoint.
    run = train(out, "--resume", "--checkpoint-every", 2, file_size=checkpoint - 1000)
    said = refused(run)
    assert said.startswith(f"error: {out / 'checkpoint'}")
    assert "the previous checkpoint is still valid" in said
    assert [path.name for path in (out / "checkpoint").iterdir()] == kept
    run = train(out, "--resume")
    assert run.wait() == [0], run.stderr()
    assert results_of(out) == results_of(undisturbed)


@pytest.mark.slow
def test_what_cannot_be_started_is_refused(train, undisturbed, configured, data, tmp_path):
    odd = tmp_path / "odd.json"
    configured(odd, {"learning_rat": 0.1})
    said = refused(train(tmp_path / "run", "--config", odd))
    assert said == (
        f"error: {odd}: unknown training key 'learning_rat'; did you mean 'learning_rate'?"
    )
    said = refused(train(tmp_path / "run", "--replicate", 1))
    assert said.startswith(f"error: {data}/train_r1*tfrec: 0 files; expected 10")
    said = refused(train(tmp_path / "run", "--cv", 10))
    assert said == "error: --cv is 10; expected the number of a file, 0 to 9"
    said = refused(train(tmp_path / "run", "--form", "fast", "--precision", "bf16"))
    assert said.startswith("error: --form fast does not support bf16")
    said = refused(train(tmp_path / "run", "--precision", "tf32"))
    assert said == "error: --precision tf32: only GPUs have it; give float32 or bf16"
    said = refused(train(tmp_path / "run", "--checkpoint-every", "often"))
    assert said.startswith("error: --checkpoint-every often: expected a number of steps")
    said = refused(train(undisturbed))
    assert said.startswith(f"error: {undisturbed}: contains checkpoint; give --resume")


def test_a_run_is_not_resumed_with_another_configuration(
    train, undisturbed, configured, tmp_path, results_of
):
    before = results_of(undisturbed)
    other = configured(tmp_path / "other.json", {"decay_steps": 21})
    for arguments, what in (
        (("--config", other), "training.decay_steps 20, now it is 21"),
        (("--seed", 1), "run.seed 0, now it is 1"),
        (("--accumulate", 2), "run.accumulate 1, now it is 2"),
        (("--cv", 3), "data.cv 0, now it is 3"),
    ):
        said = refused(train(undisturbed, "--resume", *arguments))
        assert said.startswith(
            f"error: {undisturbed}: the run was started with {what}; resume with"
        )
    assert results_of(undisturbed) == before


def test_a_run_is_not_resumed_if_its_metrics_were_cut(train, undisturbed, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(undisturbed, out)
    (out / "metrics.jsonl").write_text("{}\n")
    said = refused(train(out, "--resume"))
    assert said.startswith(f"error: {out / 'metrics.jsonl'}: has 3 bytes, but had")


def test_a_damaged_checkpoint_is_named(train, undisturbed, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(undisturbed, out)
    (path,) = (out / "checkpoint").iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    said = refused(train(out, "--resume"))
    assert said.startswith(f"error: {path}: not a valid checkpoint")


@pytest.mark.slow
def test_a_killed_reader_of_batches_ends_the_run_with_a_message(train, tmp_path):
    place = (APPLY, 2, "", "readers die")
    said = refused(train(tmp_path / "run", "--workers", 1, places=[place]))
    assert said.startswith("error: a process that reads batches was killed (")
    assert said.endswith("; the last checkpoint is valid: continue from it with --resume")


def test_a_folder_that_is_trained_in_is_left_alone(train, tmp_path):
    out = tmp_path / "run"
    first = train(out, places=[(APPLY, 2, "", "sleep")])
    while not (out / "metrics.jsonl").exists():
        first.processes[0].join(0.1)
    said = refused(train(out, "--resume"))
    first.kill()
    assert said == (
        f"error: {out}: another program is training in it; wait for it to finish, or stop it"
    )


def test_a_step_that_cannot_be_written_is_reported(train, tmp_path):
    place = ("pt_gmvp.training.learner:get_total_norm", 2, "", "infinite")
    # Less than the file needs, more than all lines of metrics.
    said = refused(train(tmp_path / "run", places=[place], file_size=100_000))
    assert "step 2 of epoch 1: the loss is" in said
    assert said.endswith("it could not be written for a replay: File too large")
