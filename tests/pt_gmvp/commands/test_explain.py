"""`gmvp explain` as its user runs it: what it writes, says and refuses."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

PTEN = "ENST00000371953"


@pytest.fixture(scope="session")
def inputs(pten, small, tmp_path_factory) -> Path:
    """A folder with features and two small models."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "features").mkdir()
    np.save(folder / "features" / f"{PTEN}.npy", pten)
    for seed in (1, 2):
        small(seed=seed).float().save_pretrained(folder / f"m{seed}")
    return folder


@pytest.fixture
def run(gmvp_command, tmp_path, monkeypatch, inputs):
    """Run the command in tmp_path: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    given = ["--features", inputs / "features", "--model", inputs / "m1"]

    def call(*arguments: object, given: list[object] = given) -> tuple[int, str, str]:
        return gmvp_command("explain", *given, *arguments)

    return call


def test_score_tables_and_pictures(run, inputs, tmp_path):
    code, out, err = run(
        f"{PTEN} R130Q", "--model", inputs / "m2", "-o", "r", "--json", "r.json", "--gene", "PTEN"
    )
    assert code == 0
    assert err == "wrote r.png and r.tsv\n"
    assert out.startswith(f"PTEN ({PTEN}) R130Q, p.Arg130Gln\ngMVP 0.")
    assert "the mean of 2 models: m1 0." in out
    assert sorted(os.listdir(tmp_path)) == ["r.json", "r.png", "r.tsv"]
    found = json.loads((tmp_path / "r.json").read_text())
    assert [model["name"] for model in found["models"]] == ["m1", "m2"]


@pytest.mark.parametrize("words", [(PTEN, "R130Q"), (f"{PTEN}:p.Arg130Gln",), (f"{PTEN}_130_R_Q",)])
def test_every_notation(run, words):
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert out.startswith(f"{PTEN} R130Q, p.Arg130Gln\n")


def test_a_folder_gets_files_by_the_variant_s_name(run, tmp_path):
    (tmp_path / "out").mkdir()
    assert run(f"{PTEN} R130Q", "--out", "out", "--format", "svg")[0] == 0
    assert sorted(os.listdir("out")) == [f"{PTEN}_130_R_Q.svg", f"{PTEN}_130_R_Q.tsv"]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["-o", "r.svg"], ["r.svg", "r.tsv"]),
        (["-o", "r.tsv"], ["r.png", "r.tsv"]),
        (["-o", "r.x", "--format", "svg"], ["r.x.svg", "r.x.tsv"]),
        (["-o", "r.SVG", "--format", "svg"], ["r.svg", "r.tsv"]),
    ],
)
def test_a_suffix_says_the_format(run, words, written):
    assert run(f"{PTEN} R130Q", *words)[0] == 0
    assert sorted(os.listdir()) == written


@pytest.mark.parametrize(
    "words", [("P60484", "R130Q"), ("P60484:p.Arg130Gln",), ("NM_000314.8 R130Q",)]
)
def test_ids_of_a_map(run, words):
    Path("map.tsv").write_text(f"P60484\t{PTEN}\nNM_000314\t{PTEN}\nO15350\tENST1\nO15350\tENST2\n")
    code, out, err = run(*words, "--map", "map.tsv")
    assert (code, err) == (0, "")
    assert out.startswith(f"{PTEN} R130Q, p.Arg130Gln\n")


def test_ids_that_a_map_does_not_make_one_transcript(fails):
    Path("map.tsv").write_text(f"P60484\t{PTEN}\nO15350\tENST1\nO15350\tENST2\n")
    assert "'P60484' is not an Ensembl transcript (UniProt); give --map FILE" in fails(
        "P60484 R130Q"
    )
    assert "'Q9Y6K9' (UniProt) is not in the map" in fails("Q9Y6K9 R130Q", "--map", "map.tsv")
    said = fails("O15350 R130Q", "--map", "map.tsv")
    assert "O15350 stands for several transcripts; name one of ENST1, ENST2" in said


def test_json_alone_on_stdout(run):
    code, out, _ = run(f"{PTEN} R130Q", "--json", "-")
    assert code == 0
    assert json.loads(out)["variant"] == f"{PTEN}_130_R_Q"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ENST00000371593 R130Q"], f"did you mean {PTEN}?"),
        ([f"{PTEN} K130Q"], f"K130Q: {PTEN} has R at 130, not K"),
        ([f"{PTEN} R904Q"], "has 403 residues; there is no position 904"),
        ([f"{PTEN} R130*"], "gains or loses a stop"),
        ([f"{PTEN} R130R"], "does not change the residue"),
        ([f"{PTEN} hello"], "'hello' is not a substitution of one residue"),
        ([f"{PTEN} R130Q", "--out", "none"], "none: no such folder; create it first"),
        (
            [f"{PTEN} R130Q", "-o", "none/r"],
            "none/r.png: the folder none does not exist; create it first",
        ),
        (
            [f"{PTEN} R130Q", "-o", "."],
            "-o '.': not a file name; expected -o r175h, or --out",
        ),
        ([f"{PTEN} R130Q", "-o", ""], "-o '': not a file name"),
        (
            [f"{PTEN} R130Q", "-o", "r.svg", "--format", "pdf"],
            "contradict each other; leave one out",
        ),
        ([f"{PTEN} R130Q", "--json", ""], ".: is a folder; expected a file to write"),
        ([f"../features/{PTEN} R130Q"], "not a transcript's id"),
        (
            [f"{PTEN} R130Q", "-o", "r", "--json", "r.tsv"],
            "r.tsv: this command already uses this file",
        ),
        (
            [f"{PTEN} R130Q", "--json", "none/r"],
            "none/r: the folder none does not exist",
        ),
        ([f"{PTEN} R130Q", "-o", "r", "--out", "."], "--out and -o exclude each other"),
        ([f"{PTEN} R130Q", "--model", "none"], "none/config.json: no such file"),
    ],
)
def test_what_is_refused(fails, words, said):
    assert said in fails(*words)


def test_damaged_features_and_models_given_twice(fails, inputs, tmp_path):
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / f"{PTEN}.npy").write_bytes(b"nothing")
    broken = ["--features", "features", "--model", inputs / "m1"]
    assert "not a complete .npy file" in fails(f"{PTEN} R130Q", given=broken)
    assert "given twice" in fails(f"{PTEN} R130Q", "--model", inputs / "m1")


def test_a_full_disk(run, monkeypatch):
    from matplotlib.figure import Figure

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    code, _, err = run(f"{PTEN} R130Q", "-o", "r")
    assert code == 2
    assert "r.png: No space left on device; no partial file was left behind" in err
    assert "r.png" not in os.listdir()


def test_what_stood_in_for_inputs_is_said(run, inputs, tmp_path):
    import shutil

    from converters.features.stand_ins import write_stand_ins

    shutil.copytree(inputs / "features", tmp_path / "features")
    found = {"counts": "neutral values"}
    write_stand_ins(tmp_path / "features" / f"{PTEN}.npy", {PTEN: found})
    given = ["--features", "features", "--model", inputs / "m1"]
    (tmp_path / "genes.tsv").write_text(
        f"transcript_stable_id\tdisplay_label\tgene_stable_id\n{PTEN}.9\tPTN\tENSG1\n"
    )
    code, out, err = run(f"{PTEN} R130Q", "--json", "r.json", "--genes", "genes.tsv", given=given)
    assert code == 0, err
    assert out.startswith(f"PTN ({PTEN}) R130Q")
    assert "features, neutral values in place of population counts" in out
    assert json.loads((tmp_path / "r.json").read_text())["stand_ins"] == found
