"""`gmvp train` from end to end: what it leaves, and that it is what it says."""

import csv
import json
import math

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from converters.store.writer import write_store
from converters.weights.conversion import read_weights
from converters.weights.keras_h5 import write_keras_h5
from pt_gmvp.analysis.diagnosis.finished_run import open_run
from pt_gmvp.analysis.diagnosis.finished_run import source_of as diagnosed
from pt_gmvp.cli import app
from pt_gmvp.data import RecordDataset, collate
from pt_gmvp.model import GMVP
from pt_gmvp.optim import learning_rate
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.training.split import Source, open_split


def lines(out, kind):
    found = (json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines())
    return [line for line in found if line["kind"] == kind]


def ran(run):
    assert run.wait() == [0], run.stderr()
    return run


def test_what_a_run_leaves(undisturbed):
    assert {path.name for path in undisturbed.iterdir()} == {
        *("checkpoint", "config.json", "curves.png", "environment.json", "lock", "metrics.jsonl"),
        *("model", "predictions", "tensorboard", "timing.jsonl", "weights"),
    }
    assert (undisturbed / "curves.png").read_bytes().startswith(b"\x89PNG")
    (session,) = json.loads((undisturbed / "environment.json").read_bytes())["sessions"]
    assert session["packages"]["torch"] == torch.__version__
    assert (session["processes"], session["threads"], session["from_step"]) == (1, 1, 0)
    timing = [json.loads(line) for line in (undisturbed / "timing.jsonl").read_text().splitlines()]
    assert [(line["epoch"], line["steps"], line["samples"]) for line in timing] == [
        (1, 6, 36),
        (2, 6, 36),
    ]


@pytest.fixture
def released(data, tmp_path, monkeypatch):
    """Writes one of the original's JSON files for the small data, in a folder of a lab."""
    monkeypatch.chdir(tmp_path)
    train = {"#opt": "adamw", "opt": "adam", "model_type": "attention", "batch_size": 7}
    model = {"d_fc": 8, "d_model": 8, "num_heads": 2, "rate": 0.0}

    def write(**inputs):
        path = tmp_path / "released.json"
        content = {"train": train | {"seed": 2020}, "model": model, "input": inputs}
        path.write_text(json.dumps(content))
        return path

    return write


def test_the_originals_call(start, released, data):
    config = released(base_dir=str(data), train="train_r9", denovo={"x": "x"})
    run = start("train", "--config", config, "--random", 0, "--cv", 3, "--max-epochs", 1)
    ran(run)
    assert (
        f"note: {config}: without effect, as nothing reads it: train.seed, model.rate, "
        "input.denovo\n"
    ) in run.stderr()
    (out,) = (config.parent / "res").iterdir()
    account = json.loads((out / "config.json").read_text())
    assert (account["training"]["batch_size"], account["data"]["cv"]) == (7, 3)
    assert account["data"]["kind"] == "ten files"


def test_the_originals_transfer_learning(start, released, data, undisturbed):
    write_keras_h5("epoch-4.h5", *_kept(undisturbed))
    config = released(train=f"{data}/train_r0_[0-7]*", validate=f"{data}/*_8.tfrec", test="none")
    run = start(
        *("train", "--config", config, "--init_model", "epoch-4.h5", "--max-epochs", 1),
        *("--out", "out"),
    )
    ran(run)
    assert "validating on 4: train_r0_8.tfrec" in run.stderr()
    assert "input.test" in run.stderr()
    out = config.parent / "out"
    account = json.loads((out / "config.json").read_text())
    assert account["training"]["monitor"] == "auroc"
    assert account["data"]["kind"] == "listed files"
    found = diagnosed(open_run(out), None, None, None)
    assert [len(files) for files in found.files] == [8, 1]


def _kept(run):
    made = read_weights(run / "model")
    return made.canonical, made.config


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--out o --data d --validation l --cv 2", "--cv has no effect with --validation, which"),
        ("--out o --data d --validation l --random 2", "--replicate has no effect with --validat"),
        ("--out o --validation l", "--validation has no effect without --data; leave it out"),
        ("--out o --features f", "--features has no effect without --data; leave it out"),
        ("--resume", "--resume: requires --out, the folder of the run to continue"),
        ("--out o --init m --cv 1", "--cv has no effect on the files that {config} names for"),
        ("--out o", "{config}: its input.validate is that of transfer learning, which starts from"),
    ],
)
def test_options_without_effect_are_refused(released, words, said):
    config = released(train="a", validate="b")
    done = CliRunner().invoke(app, ["train", "--config", str(config), *words.split()])
    assert done.exit_code == 2
    assert done.stderr.startswith("error: " + said.format(config=config))
    assert not (config.parent / "o").exists()


def test_the_metrics_of_steps_and_epochs(undisturbed):
    steps, epochs = lines(undisturbed, "step"), lines(undisturbed, "epoch")
    assert [line["step"] for line in steps] == list(range(1, 13))
    assert [line["step"] for line in epochs] == [6, 12]
    for number, line in enumerate(steps):
        assert line["learning_rate"] == learning_rate(number, 0.01, 1e-4, 4, 20)
        assert line["epoch"] == 1 + number // 6
    for line in epochs:
        mine = [step["loss"] for step in steps if step["epoch"] == line["epoch"]]
        assert line["training_loss"] == pytest.approx(np.mean(mine), rel=1e-12)
    assert epochs[1]["training_loss"] < epochs[0]["training_loss"]


def test_the_predictions_are_the_weights_own(undisturbed, data):
    split = open_split(Source(data), json.loads((undisturbed / "config.json").read_bytes())["data"])
    for epoch in lines(undisturbed, "epoch"):
        number = epoch["epoch"]
        model = GMVP.from_pretrained(undisturbed / f"weights/epoch-{number}")
        batch = split.validation.__getitems__(range(4))
        found = ensemble_probability([model], batch)
        with open(undisturbed / f"predictions/epoch-{number}.tsv") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        assert [row["var"] for row in rows] == batch.var_id == split.validation.var_ids
        # To rounding: another process computed them, under no_grad; bits are promised to resuming.
        written = [float(row["gMVP"]) for row in rows]
        assert written == pytest.approx(found.tolist(), rel=1e-6)
        labels = np.array([float(row["label"]) for row in rows])
        assert labels.tolist() == batch.label.tolist()
        right = np.where(labels == 1, found, 1 - found.numpy())
        assert epoch["loss"] == pytest.approx(-np.log(right.astype(float)).mean(), rel=1e-5)


def test_the_model_is_the_best_epochs(undisturbed):
    best = min(lines(undisturbed, "epoch"), key=lambda line: line["loss"])["epoch"]
    for name in ("model.safetensors", "config.json"):
        kept = undisturbed / f"weights/epoch-{best}" / name
        assert (undisturbed / "model" / name).read_bytes() == kept.read_bytes()


def test_the_logs_for_tensorboard_hold_the_steps(undisturbed):
    from tensorboardX.proto.event_pb2 import Event

    (log,) = (undisturbed / "tensorboard").iterdir()
    content, found, at = log.read_bytes(), {}, 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + length])
        for value in event.summary.value:
            found[value.tag, event.step] = value.simple_value
        at += 16 + length
    for line in lines(undisturbed, "step"):
        assert found["step/loss", line["step"]] == pytest.approx(line["loss"], rel=1e-6)
    for line in lines(undisturbed, "epoch"):
        assert found["epoch/auroc", line["step"]] == pytest.approx(line["auroc"], rel=1e-6)


def test_the_summary_and_what_is_said(train, tmp_path):
    out = tmp_path / "run"
    run = ran(train(out, "--max-epochs", 1, "--to", "keras-h5"))
    table = {line.rpartition("  ")[0].strip(): line.rpartition("  ")[2].strip()
             for line in run.stdout().splitlines()}  # fmt: skip
    (epoch,) = lines(out, "epoch")
    assert table["epochs"] == table["best epoch"] == "1"
    assert table["steps"] == "6"
    assert table["validation loss"] == f"{epoch['loss']:.6g}"
    assert table["best weights"] == str(out / "model")
    said = run.stderr().splitlines()
    validating = json.loads((out / "config.json").read_bytes())["data"]["validation"]
    assert said[0] == f"training on 36 variants, validating on 4: {validating}"
    assert said[1].startswith(f"epoch 1  training loss {epoch['training_loss']:.4f}  validation")
    # The same weights in Keras' file.
    ours, theirs = read_weights(out / "model"), read_weights(out / "model.h5", ours_of(out))
    for name, array in ours.canonical.items():
        np.testing.assert_array_equal(theirs.canonical[name], array)


def ours_of(out):
    return json.loads((out / "config.json").read_bytes())["model"]


def test_it_stops_early(train, configured, tmp_path):
    # A rate of next to nothing improves nothing.
    config = configured(
        tmp_path / "config.json",
        {"learning_rate": 1e-30, "end_learning_rate": 0, "patience": 2, "max_epochs": 9,
         "batch_size": 36},
    )  # fmt: skip
    run = ran(train(tmp_path / "run", "--config", config))
    epochs = lines(tmp_path / "run", "epoch")
    assert len(epochs) == 3
    best = next(line for line in run.stdout().splitlines() if line.startswith("best epoch"))
    losses = [line["loss"] for line in epochs]
    assert int(best.split()[-1]) == 1 + losses.index(min(losses)) == 1


@pytest.mark.slow
def test_adamw_takes_its_decay(train, configured, tmp_path):
    found = {}
    for decay in (1e-4, 0.1):
        config = configured(
            tmp_path / f"{decay}.json",
            {"optimizer": "adamw", "weight_decay": decay, "batch_size": 36, "max_epochs": 1},
        )
        ran(train(tmp_path / str(decay), "--config", config))
        state = GMVP.from_pretrained(tmp_path / str(decay) / "model").state_dict()
        found[decay] = sum(tensor.square().sum().item() for tensor in state.values())
    # One step at 0.1 takes off a tenth of each weight.
    assert math.sqrt(found[0.1] / found[1e-4]) == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("kind", ["folder", "keras"])
def test_transfer_learning_goes_on_from_weights(kind, undisturbed, train, tmp_path, configured):
    start = undisturbed / "model"
    if kind == "keras":
        made = read_weights(start)
        start = tmp_path / "start.h5"
        write_keras_h5(start, made.canonical, made.config)
    config = configured(tmp_path / "config.json")
    sections = json.loads(config.read_bytes())
    sections["training"] = {"learning_rate": 1e-30, "end_learning_rate": 0, "max_epochs": 1}
    config.write_text(json.dumps(sections))
    out = tmp_path / "run"
    ran(train(out, "--config", config, "--init", start))
    used = json.loads((out / "config.json").read_bytes())
    assert (used["training"]["batch_size"], used["training"]["monitor"]) == (32, "auroc")
    assert used["training"]["warmup_steps"] == 200
    assert len(used["run"]["start"]) == 64
    before = GMVP.from_pretrained(undisturbed / "model").state_dict()
    after = GMVP.from_pretrained(out / "model").state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_start_of_another_shape_is_refused(undisturbed, train, tmp_path, configured):
    config = configured(tmp_path / "config.json", model={"attn_score_type": "dot"})
    run = train(tmp_path / "run", "--config", config, "--init", undisturbed / "model")
    assert run.wait() == [2]
    assert run.stderr() == (
        f"error: {undisturbed / 'model'}: has attn_score_type 'add', but the configuration has "
        "'dot'; start from a model of the same shape\n"
    )
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_store_split_by_names_trains_alike(records, undisturbed, train, tmp_path, data):
    """The same variants in the same order give the same bits, wherever they are read from."""
    account = json.loads((undisturbed / "config.json").read_bytes())["data"]
    split = open_split(Source(data), account)
    by_name = {record.var_id: record for record in records}
    held_out = RecordDataset(data / account["validation"]).var_ids
    ordered = [*split.training.var_ids, *held_out]
    write_store(tmp_path / "store", [by_name[name] for name in ordered])
    (tmp_path / "names").write_text("\n".join(held_out))
    out = tmp_path / "run"
    ran(train(out, "--data", tmp_path / "store", "--validation", tmp_path / "names"))
    assert (out / "metrics.jsonl").read_bytes() == (undisturbed / "metrics.jsonl").read_bytes()


@pytest.mark.slow
def test_worker_processes_change_nothing(train, undisturbed, tmp_path):
    ran(train(tmp_path / "run", "--workers", 1))
    found = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    assert found == (undisturbed / "metrics.jsonl").read_bytes()


def test_both_forms_train_alike_and_fast_is_the_default(train, undisturbed, tmp_path):
    ran(train(tmp_path / "run", "--form", "plain"))
    fast, plain = lines(undisturbed, "step"), lines(tmp_path / "run", "step")
    assert [step["loss"] for step in plain] != [step["loss"] for step in fast]
    for exact, other in zip(plain, fast, strict=True):
        assert other["loss"] == pytest.approx(exact["loss"], rel=1e-5)
    assert json.loads((undisturbed / "config.json").read_text())["run"]["form"] == "fast"


@pytest.mark.slow
def test_bf16_is_near_float32_and_keeps_float32_weights(train, undisturbed, tmp_path):
    ran(train(tmp_path / "run", "--precision", "bf16"))
    exact, rough = lines(undisturbed, "step"), lines(tmp_path / "run", "step")
    # bfloat16 has 8 bits: a part in 256 in each product.
    assert rough[0]["loss"] == pytest.approx(exact[0]["loss"], rel=0.02)
    assert rough[0]["loss"] != exact[0]["loss"]
    state = GMVP.from_pretrained(tmp_path / "run" / "model").state_dict()
    assert {tensor.dtype for tensor in state.values()} == {torch.float32}


@pytest.mark.exhaustive
def test_compiled_it_takes_the_same_steps(train, configured, tmp_path):
    # Batches of one size: each other one is compiled anew.
    config = configured(tmp_path / "config.json", {"batch_size": 36})
    found = {}
    for name, options in (("plain", []), ("compiled", ["--compile"])):
        run = train(tmp_path / name, "--config", config, *options)
        assert run.wait(900) == [0], run.stderr()
        found[name] = [
            line["loss"] for kind in ("step", "epoch") for line in lines(tmp_path / name, kind)
        ]
    np.testing.assert_allclose(found["compiled"], found["plain"], rtol=1e-5)


def test_a_variant_to_train_on_without_a_label_is_named(records, train, tmp_path):
    from converters.records.variant_record import write_records

    write_records(
        tmp_path / "some.tfrec", [records[0], *[r._replace(label=None) for r in records[1:4]]]
    )
    (tmp_path / "names").write_text("v0\n")
    run = train(
        tmp_path / "run", "--data", tmp_path / "some.tfrec", "--validation", tmp_path / "names"
    )
    assert run.wait() == [2]
    assert "has no label to train on" in run.stderr().splitlines()[-1]
    assert "Traceback" not in run.stderr()
    assert collate(records[1:4]).label is not None
