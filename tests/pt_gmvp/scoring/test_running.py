"""`gmvp score` as its user runs it."""

import gzip
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
import torch

from converters.features.files import load_matrix
from pt_gmvp.model import GMVP
from tests.pt_gmvp.plain_scores import score_substitutions, substitution_names

PTEN = "ENST00000371953"


@pytest.fixture
def call(gmvp_command, models, few, tmp_path, monkeypatch):
    """Runs the command in an empty folder: (options beside the models) -> code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str, str]:
        given = [str(word) for word in words]
        options = ["--device", "cpu"]
        if "--features" not in given:
            options += ["--features", str(few)]
        if "--model" not in given:
            options += [x for folder in models for x in ("--model", str(folder))]
        return gmvp_command("score", *options, *given)

    return run


def rows_of(text: str) -> dict[str, str]:
    """A summary's rows by their names."""
    lines = (line.split(maxsplit=1) for line in text.splitlines()[1:])
    return dict(line for line in lines if len(line) == 2)


def test_pten_as_the_original_scores_it(
    call, golden: Path, tmp_path: Path, drawn_model: Callable[..., GMVP], assert_rounding
) -> None:
    config = json.loads((golden / "ensemble_config.json").read_text())["model"]
    tables = []
    for dtype in (torch.float32, torch.float64):
        folders = []
        for seed in (21, 22):
            folder = tmp_path / f"{dtype}-{seed}"
            drawn_model(config, seed, dtype).save_pretrained(folder)
            folders += ["--model", folder]
        out = tmp_path / f"{dtype}.tsv"
        code, said, _ = call("--features", golden / "combined", *folders, "-o", out)
        assert code == 0
        assert rows_of(said)["substitutions"] == "8,060"
        tables.append([line.split("\t") for line in out.read_text().splitlines()])
    expected = [
        line.split("\t") for line in (golden / "PTEN_all_possible.tsv").read_text().splitlines()
    ]
    assert all([row[0] for row in table] == [row[0] for row in expected] for table in tables)
    values = [np.array([float(row[1]) for row in table[1:]]) for table in (expected, *tables)]
    # In float32 and no more: what is printed of a mean of float32 is a float32 number.
    assert (values[1].astype(np.float32) == values[1]).all()
    assert_rounding(values[0], values[1].astype(np.float32), values[2], "PTEN")


@pytest.mark.slow
def test_every_length_around_the_window_and_residues_that_are_none(
    call, features: Path, models: list[Path], tmp_path: Path
) -> None:
    assert call("--features", features, "-o", "o.tsv")[0] == 0
    ensemble = [GMVP.from_pretrained(folder) for folder in models]
    found = (tmp_path / "o.tsv").read_text().splitlines()[1:]
    expected: dict[str, float] = {}
    for path in sorted(features.iterdir(), key=lambda path: path.stem):
        matrix = load_matrix(path)
        names, made = substitution_names(path.stem, matrix), score_substitutions(ensemble, matrix)
        expected |= dict(zip(names, made.flatten().tolist(), strict=True))
    assert [row.split("\t")[0] for row in found] == list(expected)
    assert "T129_10_*_A" in expected
    values = [float(row.split("\t")[1]) for row in found]
    np.testing.assert_allclose(values, list(expected.values()), rtol=2e-6)


def test_the_three_formats_and_a_pipe_hold_the_same(call, undisturbed: bytes, tmp_path) -> None:
    for name in ("o.tsv", "o.tsv.gz", "o.parquet"):
        assert call("-o", name)[0] == 0
    assert (tmp_path / "o.tsv").read_bytes() == undisturbed
    assert gzip.decompress((tmp_path / "o.tsv.gz").read_bytes()) == undisturbed
    rows = duckdb.read_parquet(str(tmp_path / "o.parquet")).fetchall()
    text = "".join(f"{name}\t{score!r}\n" for name, score in rows)
    assert f"var\tgMVP\n{text}".encode() == undisturbed
    code, out, err = call("-o", "-")
    assert (code, out.encode()) == (0, undisturbed)
    assert rows_of(err)["table"] == "standard output"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.parquet", "o.tsv", "o.tsv.gz"]


def test_the_order_is_the_list_s(call, undisturbed: bytes, tmp_path) -> None:
    (tmp_path / "list").write_text("T5\nT2\nT5\n")
    code, _, err = call("--transcripts", "list", "-o", "o.tsv")
    assert code == 0
    assert err == "note: list: T5 is listed twice; each counts once\n"
    lines = undisturbed.decode().splitlines(keepends=True)
    of = {name: [line for line in lines if line.startswith(name)] for name in ("T5_", "T2_")}
    assert (tmp_path / "o.tsv").read_text() == "".join(["var\tgMVP\n", *of["T5_"], *of["T2_"]])


def test_what_cannot_be_scored_is_named_and_the_rest_goes_on(
    call, own_features: Path, undisturbed: bytes, tmp_path
) -> None:
    for name in ("T2", "T5"):
        (own_features / f"{name}.npy").unlink()
    (own_features / "T2.npy").write_bytes(b"no array")
    np.save(own_features / "T5.npy", np.zeros((5, 434)))
    (tmp_path / "list").write_text("T8\nNONE\nT5\nT2\nT1\n")
    asked = ("--features", own_features, "--transcripts", "list", "-o", "o.tsv")
    code, out, err = call(*asked, "--report", "r.json")
    assert code == 1
    assert err.splitlines()[-1] == (
        "error: 3 of 5 transcripts could not be scored; the table has the rest; once they are "
        "fixed, the same command scores only these"
    )
    reasons = dict(line.split(maxsplit=1) for line in out.partition("reason\n")[2].splitlines())
    assert reasons.keys() == {"NONE", "T2", "T5"}
    assert reasons["NONE"] == f"no NONE.npy or .pickle in {own_features}"
    assert reasons["T2"].startswith(f"{own_features / 'T2.npy'}: not a complete .npy file")
    assert "(5, 434); expected (protein length, 435)" in reasons["T5"]
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert report["failures"] == reasons
    assert report["transcripts"] == 2
    lines = undisturbed.decode().splitlines(keepends=True)
    of = {name: [line for line in lines if line.startswith(name)] for name in ("T8_", "T1_")}
    assert (tmp_path / "o.tsv").read_text() == "".join(["var\tgMVP\n", *of["T8_"], *of["T1_"]])
    # Mended, two are scored and two are not again.
    (own_features / "T2.npy").unlink()
    shutil.copy(own_features / "T13.pickle", own_features / "T2.pickle")
    shutil.copy(own_features / "T13.pickle", own_features / "NONE.pickle")
    (own_features / "T5.npy").unlink()
    shutil.copy(own_features / "T13.pickle", own_features / "T5.pickle")
    code, out, _ = call(*asked)
    assert (code, rows_of(out)["residues"]) == (0, "48")
    assert "  scored before   2\n" in out
    assert not (tmp_path / "o.tsv.parts").exists()


def test_a_matrix_that_was_changed_is_scored_anew(call, own_features: Path, protein, tmp_path):
    asked = ("--features", own_features, "-o", "o.tsv")
    (own_features / "T2.npy").unlink()
    (own_features / "T2.npy").write_bytes(b"no array")
    assert call(*asked)[0] == 1
    (own_features / "T5.npy").unlink()
    (own_features / "T2.npy").unlink()
    for name, length in (("T2", 2), ("T5", 6)):
        np.save(own_features / f"{name}.npy", protein(length, 99))
    assert call(*asked)[0] == 0
    resumed = (tmp_path / "o.tsv").read_bytes()
    assert call(*asked, "--force")[0] == 0
    assert (tmp_path / "o.tsv").read_bytes() == resumed
    assert b"T5_6_" in resumed


def test_scores_that_are_not_finite_are_no_scores(call, own_features: Path, small, tmp_path):
    model = small(0, d_fc=8, d_model=8).float()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1e30)
    model.save_pretrained(tmp_path / "vast")
    asked = ("--features", own_features, "-o", "o.tsv", "--model", tmp_path / "vast")
    code, _, err = call(*asked)
    assert code == 2
    assert "error: no transcript could be scored, of 7; " in err
    assert "its scores are not finite from position 1 on" in err
    assert not (tmp_path / "o.tsv").exists()


def test_a_run_with_other_models_is_refused(call, models: list[Path], own_features: Path):
    (own_features / "T2.npy").unlink()
    (own_features / "T2.npy").write_bytes(b"no array")
    asked = ("--features", own_features, "-o", "o.tsv")
    assert call(*asked)[0] == 1
    code, out, err = call(*asked, "--model", models[0])
    assert (code, out) == (2, "")
    assert err == (
        "error: o.tsv.parts: contains scores of another run: it was started with other models; "
        "continue it as it was started, name another --output, or give --force to start over\n"
    )
    swapped = [word for folder in reversed(models) for word in ("--model", folder)]
    assert (
        "another run: it was started with --model in another order; continue"
        in call(*asked, *swapped)[2]
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "o.csv"], "o.csv: expected a name that ends in .tsv, .tsv.gz, .parquet; or - for"),
        (["-o", "no/o.tsv"], "no/o.tsv: its folder does not exist; create it first"),
        (["-o", "/"], "/: is a folder; expected a file to write"),
        (["-o", "old.tsv"], "old.tsv: exists; give --force to replace it, or another name"),
        (["-o", "o.tsv", "--device", "tpu"], "--device tpu: unknown; expected auto, cpu"),
        (["-o", "o.tsv", "--precision", "tf32"], "--precision tf32: only GPUs have it"),
        (["-o", "o.tsv", "--features", "none"], "none: No such file or directory"),
        (["-o", "o.tsv", "--transcripts", "none"], "none: No such file or directory"),
        (["-o", "o.tsv", "--model", "old.tsv"], "old.tsv: is a file; expected a model folder"),
        (
            ["-o", "o.tsv", "--report", "no/r"],
            "no/r: the folder no does not exist",
        ),
        (["-o", "o.tsv", "--report", "o.tsv"], "o.tsv: this command already uses this file"),
        (
            ["-o", "o.tsv", "--transcripts", "absent", "--report", "absent"],
            "absent: this command already",
        ),
        (["-o", "old.tsv", "--transcripts", "old.tsv", "--force"], "old.tsv: this command already"),
        (["-o", "o.tsv", "--transcripts", "absent"], "no transcript could be scored, of 1; NONE:"),
    ],
)
def test_what_is_refused_is_one_line(call, tmp_path, words, said) -> None:
    (tmp_path / "old.tsv").touch()
    (tmp_path / "absent").write_text("NONE\n")
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["absent", "old.tsv"]


def test_the_same_model_twice_is_refused(call, models: list[Path]) -> None:
    code, _, err = call("-o", "o.tsv", "--model", models[0], "--model", models[0])
    assert code == 2
    assert "is the same model as" in err


@pytest.mark.slow
def test_another_precision_says_that_it_is_not_what_was_judged(call, undisturbed, tmp_path):
    code, out, err = call("-o", "o.tsv", "--precision", "bf16")
    assert (code, rows_of(out)["precision"]) == (0, "bf16")
    assert err == ("note: parity check verifies float32, not bf16\n")
    tables = [(tmp_path / "o.tsv").read_text(), undisturbed.decode()]
    values = [np.array([float(line.split()[1]) for line in t.splitlines()[1:]]) for t in tables]
    assert 0 < np.abs(values[0] - values[1]).max() < 0.02


def test_bf16_has_no_inverse(call, small, tmp_path):
    small(pairwise_type="inv_cov").float().save_pretrained(tmp_path / "inverting")
    code, _, err = call("-o", "o.tsv", "--precision", "bf16", "--model", tmp_path / "inverting")
    assert code == 2
    assert "inv_cov inverts matrices" in err
    assert not (tmp_path / "o.tsv.parts").exists()


def test_several_processes_and_a_stream_do_not_go_together(call, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    code, _, err = call("-o", "-")
    assert (code, err) == (
        2,
        "error: --output -: several processes cannot write to one stream; name a file\n",
    )


def test_what_parquet_needs_is_named_before_any_work(call, monkeypatch, tmp_path) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "duckdb" else found(name)
    )
    code, _, err = call("-o", "o.parquet")
    assert (code, err) == (
        2,
        "error: duckdb is not installed, and parquet needs it; install it with: "
        "pip install 'gmvp-parity[torch,score]'\n",
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_reader_of_a_pipe_goes_away(models, few) -> None:
    options = " ".join(f"--model {folder}" for folder in models)
    command = f"{sys.executable} -m pt_gmvp.cli score --features {few} {options} --device cpu -o -"
    piped = f"({command}; echo $? >&2) | true"
    done = subprocess.run(piped, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == "141\n"


def test_what_stood_in_for_inputs_is_recorded_beside_the_table(call, few: Path, tmp_path) -> None:
    from converters.features.stand_ins import read_stand_ins, write_stand_ins

    shutil.copytree(few, tmp_path / "features")
    name = sorted(path.stem for path in few.glob("*.npy"))[0]
    found = {name: {"counts": "neutral values"}}
    write_stand_ins(tmp_path / "features" / f"{name}.npy", found)
    words = ("--features", tmp_path / "features", "-o", "s.tsv", "--report", "r.json")
    code, _, said = call(*words)
    assert code == 0
    assert f"{name}: neutral values in place of population counts" in " ".join(said.split())
    assert read_stand_ins(tmp_path / "s.tsv") == found
    assert json.loads((tmp_path / "r.json").read_text())["stand_ins"] == found
    write_stand_ins(tmp_path / "features" / f"{name}.npy", {})
    assert call(*words, "--force")[0] == 0
    assert read_stand_ins(tmp_path / "s.tsv") == {}
