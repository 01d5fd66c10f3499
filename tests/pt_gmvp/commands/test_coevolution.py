"""`gmvp coevolution` as its user runs it: what it writes, says and refuses."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pt_gmvp.analysis.coevolution.ancestry import decorrelated_coevolution
from pt_gmvp.analysis.coevolution.strength import average_product_corrected, coevolution
from pt_gmvp.analysis.coevolution.weights import identity_weights

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def run(gmvp_command, tmp_path, monkeypatch):
    """Run the command in tmp_path: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        return gmvp_command("coevolution", *arguments)

    return call


@pytest.fixture(scope="session")
def pten_table(golden) -> Path:
    return golden / "raw" / "feature" / "ENST00000371953.compara103"


@pytest.fixture(scope="session")
def pten_codes(pten) -> np.ndarray:
    """PTEN's codes by way of the feature matrix that the original built: (200, 403)."""
    return pten[:, 21:221].T.astype(np.int64)


def test_the_matrix_is_that_of_the_original_s_features(run, pten_table, pten_codes, tmp_path):
    code, out, err = run(pten_table, "-o", "strength.npy")
    assert code == 0
    assert err == "compara: 200 sequences, 403 positions; released norm\n"
    found = np.load(tmp_path / "strength.npy", allow_pickle=False)
    assert found.dtype == np.float32
    assert (found == coevolution(pten_codes).astype(np.float32)).all()
    lines = out.splitlines()
    assert lines[0].split() == ["i", "residue_i", "j", "residue_j", "strength"]
    assert len(lines) == 11
    i, letter, j, other, strength = lines[1].split()
    assert found[int(i) - 1, int(j) - 1] == pytest.approx(float(strength), abs=1e-4)
    assert int(j) - int(i) >= 6
    query = pten_table.read_text().split("\t", 3)[2]
    assert (letter, other) == (query[int(i) - 1], query[int(j) - 1])
    assert sorted(os.listdir(tmp_path)) == ["strength.npy"]


def test_options_reach_the_calculation(run, pten_table, pten_codes, tmp_path):
    code, _, err = run(
        pten_table, "-o", "s.npy", "--norm", "paper", "--reweight", "0.8", "--apc",
        "--pairs", "p.tsv", "--top", 25, "--min-separation", 40, "--first", 11, "--device", "cpu",
    )  # fmt: skip
    assert code == 0
    weights = identity_weights(pten_codes, 0.8)
    expected = average_product_corrected(coevolution(pten_codes, weights, "paper"))
    assert (np.load(tmp_path / "s.npy") == expected.astype(np.float32)).all()
    assert err == (
        f"compara: 200 sequences (effectively {weights.sum():.1f}), 403 positions; paper norm,"
        " average product corrected\n"
    )
    lines = [line.split("\t") for line in (tmp_path / "p.tsv").read_text().splitlines()]
    assert lines[0] == ["i", "residue_i", "j", "residue_j", "strength"]
    assert len(lines) == 26
    for i, _, j, _, strength in lines[1:]:
        assert int(j) - int(i) >= 40
        assert expected[int(i) - 11, int(j) - 11] == pytest.approx(float(strength), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["released", "paper"])
def test_decorrelated(run, norm, pten_table, pten_codes, tmp_path):
    code, _, err = run(pten_table, "-o", "s.npy", "--decorrelate", "--norm", norm)
    assert code == 0
    assert err == f"compara: 200 sequences, 403 positions; {norm} norm, decorrelated\n"
    expected = decorrelated_coevolution(pten_codes, norm).astype(np.float32)
    assert (np.load(tmp_path / "s.npy") == expected).all()


@pytest.mark.slow
def test_a_model_gives_weights_and_norm(run, small, pten_table, pten_codes, tmp_path):
    model = small(seed=5, pairwise_norm="paper")
    model.save_pretrained(tmp_path / "model")
    weights = model.evol_encoder.species_weights[0].softmax(-1).detach().numpy()
    for options, norm in (((), "paper"), (("--norm", "released"), "released")):
        code, _, err = run(pten_table, "-o", "s.npy", "--model", "model", *options)
        assert code == 0
        assert f"{norm} norm" in err
        expected = coevolution(pten_codes, weights, norm).astype(np.float32)
        assert (np.load(tmp_path / "s.npy") == expected).all()


@pytest.mark.parametrize("length", [2, 30, 403])
def test_the_map(run, length, pten_table, tmp_path):
    rows = [line.split("\t")[2][:length] for line in pten_table.read_text().splitlines()]
    text = "".join(f">s{n}\n{row}\n" for n, row in enumerate(rows))
    (tmp_path / "a.fasta").write_text(text)
    code, _, err = run("a.fasta", "--plot", "map.png")
    assert code == 0, err
    data = (tmp_path / "map.png").read_bytes()
    assert data.startswith(PNG)
    assert sorted(os.listdir(tmp_path)) == ["a.fasta", "map.png"]


def test_notes_are_told(run, tmp_path):
    (tmp_path / "a.fasta").write_text(">q\nMK-V\n>s\nMKVV\n")
    assert (
        "note: 1 columns in which the query has a gap are left out\n"
        in run("a.fasta", "-o", "s.npy")[2]
    )
    assert np.load(tmp_path / "s.npy").shape == (3, 3)
    run("a.fasta", "-o", "s.npy", "--keep-gaps")
    assert np.load(tmp_path / "s.npy").shape == (4, 4)


def test_what_is_refused(fails, small, tmp_path):
    (tmp_path / "a.fasta").write_text(">q\nMKV\n>s\nMKV\n")
    (tmp_path / "one.fasta").write_text(">q\nMKV\n")
    (tmp_path / "bad.fasta").write_text(">q\nMKV\n>s\nMK\n")
    small().save_pretrained(tmp_path / "model")
    out = ("-o", "s.npy")
    assert "nothing to write; give --output FILE.npy" in fails("a.fasta")
    assert "bad.fasta: sequence s has 2 columns, the first one 3" in fails("bad.fasta", *out)
    assert "one.fasta: contains one sequence; expected at least two" in fails("one.fasta", *out)
    assert "none.fasta: No such file" in fails("none.fasta", *out)
    assert "not a stockholm alignment" in fails("a.fasta", "--format", "stockholm", *out)
    assert "s.txt: expected a name that ends in .npy" in fails("a.fasta", "-o", "s.txt")
    assert "m.pdf: expected a name that ends in .png" in fails("a.fasta", "--plot", "m.pdf")
    assert "no/s.npy: the folder no does not exist; create it first" in fails(
        "a.fasta", "-o", "no/s.npy"
    )
    assert "a.fasta: this command already uses this file" in fails("a.fasta", "--pairs", "a.fasta")
    assert "model: is a folder" in fails("a.fasta", "--pairs", "model")
    assert "give only one of them" in fails("a.fasta", *out, "--model", "model", "--reweight", 0.8)
    for other in (("--model", "model"), ("--reweight", 0.8)):
        line = fails("a.fasta", *out, "--decorrelate", *other)
        assert "--decorrelate computes its own weights" in line
    assert "weights for 200 species, but the alignment has 2" in fails(
        "a.fasta", *out, "--model", "model"
    )
    assert "identity 80; expected a fraction" in fails("a.fasta", *out, "--reweight", 80)
    assert "--device gpu: unknown; expected auto, cpu" in fails("a.fasta", *out, "--device", "gpu")
    assert not (tmp_path / "s.npy").exists()


def test_a_folder_that_holds_no_model_is_refused(fails, pten_table):
    line = fails(pten_table, "-o", "s.npy", "--model", "nowhere")
    assert "nowhere/config.json: no such file; expected config.json and model.safetensors" in line


@pytest.mark.parametrize("error", [MemoryError, torch.OutOfMemoryError])
def test_too_little_memory_is_told(fails, pten_table, monkeypatch, error):
    def compute(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pt_gmvp.analysis.coevolution.strength.coevolution", compute)
    assert "out of memory on cpu; the matrix of 403 positions takes 0.0 GB" in fails(
        pten_table, "-o", "s.npy", "--device", "cpu"
    )


def test_what_was_there_stays_if_the_run_fails(run, tmp_path):
    (tmp_path / "s.npy").write_bytes(b"before")
    (tmp_path / "bad.fasta").write_text(">q\nMKV\n>s\nMK\n")
    assert run("bad.fasta", "-o", "s.npy")[0] == 2
    assert (tmp_path / "s.npy").read_bytes() == b"before"


def test_help_imports_nothing_heavy():
    command = [sys.executable, "-m", "pt_gmvp.cli", "coevolution", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--min-separation" in done.stdout
    code = "import sys, pt_gmvp.cli; print({'numpy', 'torch', 'rich', 'Bio'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not {"numpy", "torch", "Bio"} & set(loaded.stdout.split("'"))


@pytest.mark.slow
def test_a_reader_of_the_pipe_that_goes_ends_it_quietly(tmp_path, pten_table):
    command = f"{sys.executable} -m pt_gmvp.cli coevolution {pten_table} -o s.npy | true"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert done.returncode in (0, 141)
    assert "Traceback" not in done.stderr
