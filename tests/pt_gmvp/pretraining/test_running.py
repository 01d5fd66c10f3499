"""`gmvp pretrain` as its user runs it."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from converters.errors import InputError
from converters.weights.conversion import read_weights
from pt_gmvp.cli import app
from pt_gmvp.config import load_config
from pt_gmvp.model import GMVP
from pt_gmvp.pretraining.folder import load_network
from pt_gmvp.pretraining.losses import evaluate
from pt_gmvp.pretraining.network import Pretrainer, predict
from pt_gmvp.pretraining.proteins import Proteins
from pt_gmvp.pretraining.running import Read, sample
from pt_gmvp.pretraining.settings import PretrainSettings
from pt_gmvp.pretraining.split import Split

FILES = {
    "config.json",
    "curves.png",
    "heads.safetensors",
    "metrics.jsonl",
    "model.safetensors",
    "results.json",
}
MODEL = {"d_fc": 4, "d_model": 4, "num_heads": 2, "dropout_rate": 0.1}


@pytest.fixture
def inputs(tmp_path, lawful_matrix, monkeypatch):
    """Matrices of six proteins, a configuration, and a table of allele frequencies."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "features").mkdir()
    rows = []
    for number in range(6):
        np.save(f"features/P{number}.npy", lawful_matrix(number, 30 + number))
        rows += [f"P{number}\t{place}\tC\t{place / 1000}\n" for place in range(1, 30)]
    settings = {"max_epochs": 3, "epoch_size": 64, "batch_size": 16}
    (tmp_path / "c.json").write_text(json.dumps({"model": MODEL, "pretrain": settings}))
    (tmp_path / "af.tsv").write_text("transcript_id\taa_pos\talt_aa\tfrequency\n" + "".join(rows))
    return tmp_path


def call(*arguments: str) -> tuple[int, str, str]:
    words = ["pretrain", "--features", "features", "--config", "c.json", *arguments]
    done = CliRunner().invoke(app, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_a_run_from_matrices_to_a_model(inputs):
    code, out, err = call("--out", "run", "--allele-frequencies", "af.tsv", "--seed", "5")
    assert code == 0, err
    run = inputs / "run"
    assert {path.name for path in run.iterdir()} == FILES
    results = json.loads((run / "results.json").read_text())
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, results["epochs"] + 1))
    best = min(lines, key=lambda line: line["divergence"])
    assert results["best_epoch"] == best["epoch"]
    network = results["judged"]["network"]
    assert network["divergence"] == pytest.approx(best["divergence"], abs=1e-6)
    assert network["error"] == pytest.approx(best["error"], abs=1e-6)
    assert results["leak_check"] == {"positions": 2, "bits_changed": 0}
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    header, *table, weights = out.splitlines()[1:]
    assert header.split("  ")[0] == "predicted by"
    assert [row.split()[0] for row in table] == ["network", "background", "neighbours", "linear"]
    assert f"{network['divergence']:.4f}" in table[0]
    assert weights == f"pre-trained weights: {', '.join(results['pretrained'])}"

    # A whole model whose other weights are the initial ones of the seed.
    model = GMVP.from_pretrained(run)
    initial = Pretrainer(load_config("c.json"), False, torch.Generator().manual_seed(5))
    for name, tensor in model.state_dict().items():
        same = tensor.equal(initial.gmvp.state_dict()[name])
        assert same == (name in results["initial"]) == (name not in results["pretrained"]), name
    assert {"hidden.weight", "residues.bias"} <= set(load_file(run / "heads.safetensors"))
    # As every other reader of gMVP's weights takes it.
    assert read_weights(run, None).config == model.config.to_dict()


def test_a_network_is_read_back_with_its_heads(inputs):
    assert call("--out", "run")[0] == 0
    run = inputs / "run"
    proteins = Proteins([("P0", np.load("features/P0.npy"))])
    seen = proteins.hidden(proteins.places([0]))
    results = json.loads((run / "results.json").read_text())
    held = Proteins((n, np.load(f"features/{n}.npy")) for n in results["proteins"]["held_out"])
    places = held.places(range(len(held.names)))
    found = predict(load_network(run), held, places, derived=False)
    divergence = evaluate(found, held.targets(places)).divergence
    assert divergence == pytest.approx(results["judged"]["network"]["divergence"], abs=1e-6)
    assert load_network(run)(seen).residues.shape == (30, 20)
    (run / "heads.safetensors").write_bytes(b"no heads")
    with pytest.raises(InputError, match=r"heads.safetensors: not the heads of this model"):
        load_network(run)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_sample_is_of_the_held_out_proteins_in_order(lawful_proteins, size):
    parts = Split(training=[0, 3, 4], validation=[1, 2])
    settings = PretrainSettings(validation_size=size)
    found = sample(Read(lawful_proteins, parts, []), settings, seed=4)
    assert torch.equal(found.training, lawful_proteins.places([0, 3, 4]))
    some = found.validation.tolist()
    assert len(some) == min(size, 60)
    assert some == sorted(some)
    own = [set(lawful_proteins.places([number]).tolist()) for number in (1, 2)]
    assert found.sizes == [sum(row in rows for row in some) for rows in own]
    again = sample(Read(lawful_proteins, parts, []), settings, seed=4)
    assert torch.equal(again.validation, found.validation)


def test_proteins_without_any_residue_are_refused(draw_matrix):
    empty = draw_matrix(0, 10)
    empty[:, 21:221] = 20
    proteins = Proteins([("full", draw_matrix(1, 10)), ("empty", empty)])
    for training, validation, what in (([0], [1], "evaluate on"), ([1], [0], "learn from")):
        with pytest.raises(InputError, match=f"^no position to {what}: no species has a residue"):
            sample(Read(proteins, Split(training, validation), []), PretrainSettings(), 0)


def test_ctrl_c_says_what_is_left(inputs, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pt_gmvp.pretraining.running.run", interrupted)
    code, out, err = call("--out", "run")
    assert (code, out) == (130, "")
    assert err == (
        "interrupted; run has the best model so far, if an epoch was finished; "
        "give --force to start over\n"
    )


@pytest.mark.slow
def test_the_split_by_name_and_the_same_bits_again(inputs):
    (inputs / "held").write_text("P1\nP4\n")
    (inputs / "some").write_text("P0\nP1\nP2\nP4\n")
    options = "--validation", "held", "--transcripts", "some"
    for name in ("one", "two"):
        assert call("--out", name, *options)[0] == 0
    results = json.loads((inputs / "one/results.json").read_text())
    assert results["proteins"] == {"training": ["P0", "P2"], "held_out": ["P1", "P4"]}
    for name in ("model.safetensors", "heads.safetensors"):
        assert (inputs / "one" / name).read_bytes() == (inputs / "two" / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--features", "none"], "none: No such file or directory"),
        (["--config", "none.json"], "none.json: No such file or directory; expected a JSON file"),
        (
            ["--out", "features"],
            "features: contains P0.npy, which is not part of",
        ),
        (["--out", "no/run"], "no/run: the parent folder does not exist; create it first"),
        (["--validation", "c.json"], "c.json, line 1: "),
        (["--allele-frequencies", "c.json"], "c.json, line 1: no column transcript_id; expected"),
        (["--device", "cuda"], "--device cuda: not on this machine; give --device cpu"),
    ],
)
def test_what_is_refused_is_one_line(inputs, arguments, said, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, out, err = call("--out", "run", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1


def test_what_is_there_is_replaced_only_by_force(inputs):
    assert call("--out", "run")[0] == 0
    before = (inputs / "run/results.json").read_bytes()
    code, _, err = call("--out", "run", "--seed", "1")
    assert code == 2
    assert err == ("error: run: is not empty; give --force to replace the pre-training in it\n")
    assert (inputs / "run/results.json").read_bytes() == before
    assert call("--out", "run", "--seed", "1", "--force")[0] == 0
    assert json.loads((inputs / "run/results.json").read_text())["seed"] == 1


@pytest.mark.slow
def test_killed_at_any_moment_its_files_are_whole(inputs):
    """And the same command, with --force, is not held up by what was left."""
    settings = {"max_epochs": 5000, "patience": 5000, "epoch_size": 32}
    (inputs / "c.json").write_text(json.dumps({"model": MODEL, "pretrain": settings}))
    words = ["pretrain", "--features", "features", "--config", "c.json", "--out", "run"]
    child = subprocess.Popen(
        [sys.executable, "-m", "pt_gmvp.cli", *words], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    try:
        deadline = time.monotonic() + 120
        while not (inputs / "run/heads.safetensors").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        for _ in range(20):
            time.sleep(0.02)
            GMVP.from_pretrained(inputs / "run")
            lines = (
                (inputs / "run/metrics.jsonl").read_text()
                if (inputs / "run/metrics.jsonl").exists()
                else ""
            )
            assert [json.loads(line)["epoch"] for line in lines.splitlines()] == list(
                range(1, lines.count("\n") + 1)
            )
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    run = inputs / "run"
    GMVP.from_pretrained(run)
    assert "results.json" not in {path.name for path in run.iterdir()}
    (inputs / "c.json").write_text(
        json.dumps({"model": MODEL, "pretrain": {**settings, "max_epochs": 1}})
    )
    assert call("--out", "run", "--force")[0] == 0
    assert {path.name for path in run.iterdir()} == FILES
