"""`gmvp predict --variants` as its user runs it."""

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
import torch

from converters.features.files import load_matrix
from converters.features.stand_ins import read_stand_ins, write_stand_ins
from converters.variants.reading import Options
from pt_gmvp.data import TableDataset
from pt_gmvp.model import GMVP
from pt_gmvp.prediction import ensemble_probability
from pt_gmvp.scoring import blocks


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
        return gmvp_command("predict", *options, *given)

    return run


@pytest.fixture(scope="session")
def every_score(undisturbed: bytes) -> dict[str, float]:
    """The scores of `gmvp score`, by name, of residues that are known."""
    lines = (line.split("\t") for line in undisturbed.decode().splitlines()[1:])
    return {name: float(score) for name, score in lines if "*" not in name}


def write_table(names: list[str], path: str = "v.tsv") -> None:
    Path(path).write_text("".join("\t".join(name.split("_")) + "\n" for name in names))


def table(path: str = "o.tsv") -> tuple[list[str], np.ndarray]:
    header, *rows = Path(path).read_text().splitlines()
    assert header == "var\tgMVP"
    return [row.split("\t")[0] for row in rows], np.array(
        [float(row.split("\t")[1]) for row in rows]
    )


def some_of(every_score: dict[str, float], count: int) -> list[str]:
    return np.random.default_rng(0).choice(sorted(every_score), count).tolist()


def test_the_scores_are_those_of_score_in_the_table_s_order(call, every_score) -> None:
    names = some_of(every_score, 300)  # some of them several times
    write_table(names)
    code, out, _ = call("--variants", "v.tsv", "-o", "o.tsv")
    assert (code, sorted(os.listdir())) == (0, ["o.tsv", "v.tsv"])
    assert re.search(r"^scored +300$", out, re.MULTILINE)
    found, values = table()
    assert found == names
    np.testing.assert_allclose(values, [every_score[name] for name in names], rtol=2e-6)
    of = {}
    for name, value in zip(found, values, strict=True):
        assert of.setdefault(name, value) == value


def test_the_scores_are_the_whole_network_s_to_rounding(
    call, few: Path, every_score, drawn_model: Callable[..., GMVP], golden, assert_rounding
) -> None:
    write_table(some_of(every_score, 60))
    config = json.loads((golden / "ensemble_config.json").read_text())["model"]
    found = []
    dataset = TableDataset("v.tsv", few, share_windows=True, options=Options())
    for dtype in (torch.float32, torch.float64):
        models = [drawn_model(config, seed, dtype) for seed in (21, 22)]
        folders = []
        for number, model in enumerate(models):
            folder = Path(f"{dtype}-{number}")
            model.save_pretrained(folder)
            folders += ["--model", folder]
        assert call("--variants", "v.tsv", *folders, "-o", f"{dtype}.tsv")[0] == 0
        whole = ensemble_probability(models, dataset.__getitems__(range(60)))
        found.append((whole.numpy(), table(f"{dtype}.tsv")[1]))
    assert_rounding(found[0][0], found[0][1].astype(np.float32), found[1][1], "given variants")


def test_the_three_formats_and_a_pipe_hold_the_same(call, every_score) -> None:
    write_table(some_of(every_score, 50))
    for name in ("o.tsv", "o.tsv.gz", "o.parquet"):
        assert call("--variants", "v.tsv", "-o", name)[0] == 0
    text = Path("o.tsv").read_text()
    assert gzip.decompress(Path("o.tsv.gz").read_bytes()).decode() == text
    rows = duckdb.read_parquet("o.parquet").fetchall()
    assert "var\tgMVP\n" + "".join(f"{name}\t{score!r}\n" for name, score in rows) == text
    code, out, err = call("--variants", "v.tsv", "-o", "-")
    assert (code, out) == (0, text)
    assert "standard output" in err
    assert sorted(os.listdir()) == ["o.parquet", "o.tsv", "o.tsv.gz", "v.tsv"]


def test_what_cannot_be_scored_is_listed_with_line_and_reason(call, few, every_score) -> None:
    names = some_of(every_score, 30)
    other = names[0][:-3] + ("A" if names[0][-3] != "A" else "C") + "_D"
    wrong = {3: "T99_1_A_C", 4: "T5_6_A_C", 20: other}
    for place, name in wrong.items():
        names.insert(place, name)
    write_table(names)
    code, _, err = call("--variants", "v.tsv", "-o", "o.tsv", "--report", "r.json")
    assert code == 1
    lines = err.splitlines()
    assert lines[-1] == "error: 3 of 33 variants could not be scored; the table has the rest"
    assert f"failed: v.tsv, line 4: T99_1_A_C: no T99.npy or .pickle in {few}" in lines
    beyond = "line 5: T5_6_A_C: position 6 is beyond the protein of T5, 5 residues"
    assert f"failed: v.tsv, {beyond}" in lines
    report = json.loads(Path("r.json").read_bytes())
    assert [(one["line"], one["variant"]) for one in report["listed"]] == [
        (place + 1, name) for place, name in wrong.items()
    ]
    assert [one["kind"] for one in report["listed"]] == [
        "no feature matrix",
        "beyond the protein",
        "reference mismatch",
    ]
    assert report["scored"] + sum(report["failed"].values()) == report["variants"] == 33
    assert all(one["failed"] and one["table"] == "v.tsv" for one in report["listed"])
    found, _ = table()
    assert found == [name for name in names if name not in wrong.values()]


def test_a_transcript_whose_matrix_is_mended_is_scored_with_its_block(
    call, few: Path, own_features: Path, every_score, monkeypatch
) -> None:
    monkeypatch.setattr(blocks, "RESIDUES", 5)
    names = sorted(some_of(every_score, 200))
    write_table(names)
    assert call("--variants", "v.tsv", "-o", "whole.tsv")[0] == 0
    asked = ("--variants", "v.tsv", "--features", own_features, "-o", "o.tsv")
    (own_features / "T8.npy").unlink()
    (own_features / "T8.npy").write_bytes(b"no array")
    code, _, err = call(*asked)
    assert code == 1
    assert f"{own_features / 'T8.npy'}: not a complete .npy file" in err
    assert Path("o.tsv.parts").exists()
    assert table()[0] == [name for name in names if not name.startswith("T8_")]
    (own_features / "T8.npy").unlink()
    (own_features / "T8.npy").hardlink_to(few / "T8.npy")
    code, out, err = call(*asked)
    assert code == 0
    assert "o.tsv.parts: has " in err
    assert "distinct variants scored before" in out
    assert Path("o.tsv").read_bytes() == Path("whole.tsv").read_bytes()
    assert not Path("o.tsv.parts").exists()


def test_a_table_that_grows_keeps_the_blocks_before(
    call, own_features: Path, every_score, monkeypatch
) -> None:
    monkeypatch.setattr(blocks, "RESIDUES", 5)
    (own_features / "T8.npy").unlink()
    names = sorted(some_of(every_score, 100))
    asked = ("--variants", "v.tsv", "--features", own_features, "-o", "o.tsv")
    write_table(names)
    assert call(*asked)[0] == 1
    write_table([*names, "T8_1_A_C"])
    assert "continuing" in call(*asked)[2]
    resumed = Path("o.tsv").read_bytes()
    assert call(*asked, "--force")[0] == 1
    assert Path("o.tsv").read_bytes() == resumed


def test_what_stood_in_for_inputs_is_recorded(call, own_features, every_score) -> None:
    names = [name for name in sorted(some_of(every_score, 200)) if name.startswith(("T5_", "T3_"))]
    write_table(names)
    stand_ins = {"T5": {"counts": "neutral values"}}
    write_stand_ins(own_features / "T5.npy", stand_ins)
    write_stand_ins(own_features / "T8.npy", {"T8": {"counts": "neutral values"}})
    asked = ("--variants", "v.tsv", "--features", own_features, "-o", "o.tsv")
    code, _, err = call(*asked, "--report", "r.json")
    assert code == 0
    assert "note: T5: neutral values in place of population counts" in err
    assert read_stand_ins(Path("o.tsv")) == stand_ins
    assert json.loads(Path("r.json").read_bytes())["stand_ins"] == stand_ins
    write_stand_ins(own_features / "T5.npy", {})
    assert call(*asked, "--force")[0] == 0
    assert read_stand_ins(Path("o.tsv")) == {}


def test_where_nothing_can_be_scored_there_is_no_table_but_a_report(call) -> None:
    write_table(["T99_1_A_C", "T98_1_A_C"])
    code, out, err = call("--variants", "v.tsv", "-o", "o.tsv", "--report", "r.json")
    assert (code, out) == (2, "")
    assert err.endswith("error: v.tsv: no variant to score: 2 failed, 0 left out\n")
    assert len(json.loads(Path("r.json").read_bytes())["listed"]) == 2
    assert sorted(os.listdir()) == ["r.json", "v.tsv"]


@pytest.mark.slow
def test_the_inverse_in_bf16_is_left_to_the_whole_network(call, small, every_score) -> None:
    small(pairwise_type="inv_cov").float().save_pretrained(Path("inverting"))
    names = some_of(every_score, 6)
    write_table(names)
    asked = ("--variants", "v.tsv", "--model", "inverting")
    assert call(*asked, "-o", "float32.tsv")[0] == 0
    code, _, err = call(*asked, "--precision", "bf16", "-o", "bf16.tsv")
    assert code == 0
    assert "note: --precision bf16 with pairwise_type inv_cov needs the whole network" in err
    differences = np.abs(table("bf16.tsv")[1] - table("float32.tsv")[1])
    assert 0 < differences.max() < 0.02


def test_a_run_of_the_other_command_is_not_continued(call, models, own_features) -> None:
    (own_features / "T8.npy").unlink()
    write_table(["T5_1_A_C", "T8_1_A_C", "T5_2_A_C"])
    reference = "ACDEFGHIKLMNPQRSTVWY"[int(load_matrix(own_features / "T5.npy")[0, 0])]
    write_table([f"T5_1_{reference}_C", "T8_1_A_C"])
    asked = ("--variants", "v.tsv", "--features", own_features, "-o", "o.tsv")
    assert call(*asked)[0] == 1
    assert call(*asked, "--model", models[0])[0] == 2
    manifest = json.loads(Path("o.tsv.parts/manifest.json").read_bytes())
    del manifest["of"]
    Path("o.tsv.parts/manifest.json").write_text(json.dumps(manifest))
    code, _, err = call(*asked)
    assert code == 2
    assert "contains scores of another run: it was started by gmvp score" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--batch-size", "3"], "--batch-size has no effect with --variants"),
        (["--report", "v.tsv"], "v.tsv: this command already uses this file"),
        (["-o", "v.tsv", "--force"], "v.tsv: this command already uses this file"),
        (["-o", "old.tsv"], "old.tsv: exists; give --force to replace it, or another name"),
        (["--features", "none"], "none: No such file or directory"),
        (["--variants", "none"], "none: No such file or directory"),
        (["--model", "old.tsv"], "old.tsv: is a file; expected a model folder"),
    ],
)
def test_what_is_refused_is_one_line(call, words, said) -> None:
    Path("v.tsv").write_text("T5 1 A C\n")
    Path("old.tsv").touch()
    given = [] if "--variants" in words else ["--variants", "v.tsv"]
    code, out, err = call(*given, *words, *([] if "-o" in words else ["-o", "o.tsv"]))
    assert (code, out) == (2, "")
    assert err.splitlines()[-1].startswith(f"error: {said}")
    assert sorted(os.listdir()) == ["old.tsv", "v.tsv"]


def test_a_table_needs_features(gmvp_command, models) -> None:
    code, _, err = gmvp_command("predict", "--model", models[0], "--variants", "v", "-o", "o.tsv")
    assert (code, err) == (
        2,
        "error: --variants v: requires --features, the folder of its matrices\n",
    )


def test_several_processes_and_a_stream_do_not_go_together(call, monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    code, _, err = call("--variants", "v.tsv", "-o", "-")
    assert code == 2
    assert err == ("error: --output -: several processes cannot write to one stream; name a file\n")


@pytest.mark.slow
def test_the_reader_of_a_pipe_goes_away(models, few, tmp_path, every_score) -> None:
    names = some_of(every_score, 500)
    (tmp_path / "v.tsv").write_text("".join("\t".join(n.split("_")) + "\n" for n in names))
    options = " ".join(f"--model {folder}" for folder in models)
    command = (
        f"{sys.executable} -m pt_gmvp.cli predict --variants {tmp_path / 'v.tsv'}"
        f" --features {few} {options} --device cpu -o -"
    )
    piped = f"({command}; echo $? >&2) | true"
    done = subprocess.run(piped, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "141"
