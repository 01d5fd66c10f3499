"""`gmvp heatmap` as its user runs it: what it writes, says and refuses."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

PTEN = "ENST00000371953"


@pytest.fixture(scope="session")
def inputs(pten, small, tmp_path_factory) -> Path:
    """A folder with the features of PTEN's first 80 residues, and a small model."""
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "features").mkdir()
    np.save(folder / "features" / f"{PTEN}.npy", pten[:80])
    small(seed=1).float().save_pretrained(folder / "model")
    return folder


@pytest.fixture
def table(golden) -> Path:
    return golden / "PTEN_all_possible.tsv"


@pytest.fixture
def run(gmvp_command, tmp_path, monkeypatch):
    """Run the command in tmp_path: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        return gmvp_command("heatmap", *arguments)

    return call


def test_from_a_table_in_several_formats(run, table, golden):
    code, out, err = run(
        PTEN, "--table", table, "--region", "100-130", "-o", "m.png", "-o", "m.html", "-o", "m.svg",
        "--variants", golden / "raw" / "PTEN.variants.tsv", "--gene", "PTEN", "--range", "0.3,0.5",
        "--order", "hydropathy", "--colors", "cividis", "--note", "test models",
    )  # fmt: skip
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == f"{PTEN}, positions 100 to 130: wrote m.png, m.html, m.svg"
    said = r"note: .*PTEN.variants.tsv: 271 rows read, \d+ variants marked, \d+ beside the map"
    assert re.search(said, err)
    assert sorted(os.listdir()) == ["m.html", "m.png", "m.svg"]
    page = Path("m.html").read_text()
    assert "positions 100 to 130; from PTEN_all_possible.tsv" in page
    assert "test models" in page


@pytest.mark.parametrize(
    ("rows", "words", "said"),
    [
        (8, [], "gMVP score, 8 residues; of the 152 substitutions, 8 are scored; from t.tsv"),
        (1, [], "gMVP score, 1 residue; of the 19 substitutions, 1 are scored; from t.tsv"),
        (8, ["--region", "1-8"], "gMVP score, positions 1 to 8; of the 152 substitutions, 8"),
        (8, ["--region", "1-3"], "gMVP score, positions 1 to 3; of the 57 substitutions, 3"),
        (8, ["--column", "rankscore"], "rankscore, 8 residues; of the 152 substitutions, 8"),
    ],
)
def test_what_the_map_is_of(run, rows, words, said):
    lines = [f"T_{n}_A_C\t0.5\t0.{n}" for n in range(1, rows + 1)]
    Path("t.tsv").write_text("\n".join(["var\tgMVP\trankscore", *lines]))
    assert run("T", "--table", "t.tsv", "-o", "m.html", *words)[0] == 0
    assert said in Path("m.html").read_text()


def test_what_becomes_of_the_variants_to_mark_is_said(run, table):
    rows = [f"{PTEN}\t130\tR\t{alt}\t{label}" for alt, label in (("Q", 1), ("Q", 0), ("G", "VUS"))]
    rows += ["OTHER\t5\tK\tA\t1", "OTHER\t5\tK\tA\t0", f"{PTEN}\t131\tT\tI\t1"]
    Path("k.tsv").write_text("\n".join(["transcript_id\taa_pos\tref_aa\talt_aa\teffect", *rows]))
    given = [PTEN, "--table", table, "--region", "100-130", "-o", "m.html"]
    asked = [*given, "--variants", "k.tsv", "--label", "effect"]
    code, _, err = run(*asked)
    assert code == 2
    assert "give --conflicts first to keep the first label" in err
    code, _, err = run(*asked, "--conflicts", "first")
    assert code == 1, "a variant that was to be marked is not"
    assert err.splitlines() == [
        f"failed: k.tsv, line 4: {PTEN}_130_R_G: effect is 'VUS'; expected 0 or 1, or"
        " words such as Benign or Likely pathogenic",
        "left out: 2 (another transcript), such as k.tsv, line 5: OTHER 5 K A 1: only"
        f" {PTEN} is asked about",
        f"left out: k.tsv, line 3: {PTEN}_130_R_Q: its label is 0, but 1 on k.tsv, line 2",
        "note: k.tsv: 6 rows read, 1 variants marked, 1 beside the map, 4 listed above",
        f"{PTEN}, positions 100 to 130: wrote m.html",
        "error: 1 of the variants could not be marked, see above; the rest is drawn",
    ]
    Path("k.tsv").write_text("\n".join(["transcript_id\taa_pos\tref_aa\talt_aa\teffect", rows[0]]))
    assert run(*asked)[0] == 0
    code, _, err = run(*given, "--conflicts", "first")
    assert code == 2
    assert "--conflicts has no effect without --variants" in err


def test_another_column_of_the_table(run):
    rows = [f"T_{position}_A_C\t0.5\t0.{position}" for position in range(1, 9)]
    Path("t.tsv").write_text("\n".join(["var\tgMVP\tgMVP_rank", *rows]))
    options = ["--table", "t.tsv", "--column", "gMVP_rank"]
    assert run("T", *options, "-o", "m.html", "-o", "m.png")[0] == 0
    page = Path("m.html").read_text()
    assert "gMVP_rank, higher is more likely harmful" in page
    assert '"score": "gMVP_rank"' in page


def test_scored_on_the_spot(run, inputs):
    options = ["--features", inputs / "features", "--model", inputs / "model"]
    code, _, err = run(PTEN, *options, "-o", "m.html")
    assert code == 0
    assert err == f"{PTEN}, positions 1 to 80: wrote m.html\n"
    assert "80 residues; model</p>" in Path("m.html").read_text()


def test_what_is_missing_is_told(run, table):
    lines = table.read_text().splitlines()
    Path("part.tsv").write_text("\n".join(lines[:1] + lines[4:]))
    code, _, err = run(PTEN, "--table", "part.tsv", "-o", "m.html")
    assert code == 0
    assert err.startswith("note: no score: 3 of 7,657 substitutions, which are hatched\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "m.jpg"], "m.jpg: unknown format; expected a name that ends in .png or .svg"),
        (["-o", "none/m.png"], "none/m.png: the folder none does not exist; create it first"),
        (["-o", "m.png", "--region", "400-900"], "has positions 1 to 403"),
        (["-o", "m.png", "--region", "hello"], "region 'hello'; expected for example 100-200"),
        (["-o", "m.png", "--order", "size"], "order 'size'; expected chemistry"),
        (["-o", "m.png", "--range", "1,0"], "range '1,0'; expected two scores"),
        (["-o", "m.png", "--features", "f"], "--table already has the scores"),
        (["-o", "m.png", "-o", "./m.png"], "m.png: this command already uses this file"),
        (["-o", "m.png", "--column", "rank"], "no column rank; expected a table of scores"),
        (["-o", "m.png", "--variants", "none.tsv"], "none.tsv: No such file"),
    ],
)
def test_what_is_refused(fails, table, words, said):
    assert said in fails(PTEN, "--table", table, *words)


def test_sources_that_are_none(fails, table, inputs):
    assert "nothing to draw; give --table" in fails(PTEN, "-o", "m.png")
    assert "nothing to draw" in fails(PTEN, "-o", "m.png", "--features", inputs / "features")
    spot = ["--features", inputs / "features", "--model", inputs / "model"]
    assert "--column rank: requires --table" in fails(
        PTEN, "-o", "m.png", "--column", "rank", *spot
    )
    assert f"did you mean {PTEN}?" in fails("ENST00000371593", "--table", table, "-o", "m.png")
    given = ["--features", inputs / "features", "--model", inputs / "model", "-o", "m.png"]
    assert f"did you mean {PTEN}?" in fails("ENST00000371593", *given)
    assert "has positions 1 to 80" in fails(PTEN, *given, "--region", "70-90")
    assert "none.tsv: No such file" in fails(PTEN, "--table", "none.tsv", "-o", "m.png")


def test_the_table_s_own_file_is_not_drawn_over(fails, table):
    copied = Path("scores.png")
    copied.write_bytes(table.read_bytes())
    assert "scores.png: this command already uses this file" in fails(
        PTEN, "--table", copied, "-o", copied
    )
    assert copied.read_bytes() == table.read_bytes()


def test_what_is_too_long_is_refused_before_anything_is_written(fails, tmp_path):
    rows = [f"T_{position}_A_C\t0.5" for position in range(1, 3002)]
    (tmp_path / "t.tsv").write_text("\n".join(["var\tgMVP", *rows]))
    said = fails("T", "--table", "t.tsv", "-o", "m.html", "-o", "m.png")
    assert "give --region 1-3000, or -o map.html for all of them" in said


def test_a_full_disk(run, table, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    code, _, err = run(PTEN, "--table", table, "-o", "m.html")
    assert code == 2
    assert err.startswith("error: m.html: No space left on device; no partial file was left")
    assert not os.listdir()


def test_what_is_not_installed_is_named(fails, table, monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "duckdb" else found(name)
    )
    said = fails(PTEN, "--table", table, "-o", "m.png")
    assert said.endswith("pip install 'gmvp-parity[score,report]'\n")


def test_the_gene_by_a_table(run, table):
    Path("genes.tsv").write_text(
        f"transcript_stable_id\tdisplay_label\tgene_stable_id\n{PTEN}\tPTN\tENSG1\n"
    )
    words = (PTEN, "--table", table, "--region", "1-9", "-o", "m.html", "--genes", "genes.tsv")
    assert run(*words)[0] == 0
    assert f"PTN ({PTEN})" in Path("m.html").read_text()
    code, _, err = run(*words, "--gene", "X")
    assert (code, err.strip()) == (2, "error: --gene already is the name; leave out --genes")
    Path("genes.tsv").write_text("transcript_stable_id\tdisplay_label\nENST1\tA\n")
    code, _, err = run(*words)
    assert code == 0
    assert f"note: genes.tsv has no gene of {PTEN}" in err


def test_what_stood_in_is_said_for_a_table_and_for_features(run, table, inputs):
    import shutil

    from converters.features.stand_ins import write_stand_ins

    shutil.copy(table, "t.tsv")
    shutil.copytree(inputs / "features", "features")
    found = {PTEN: {"counts": "neutral values"}}
    write_stand_ins(Path("t.tsv"), found)
    write_stand_ins(Path("features") / f"{PTEN}.npy", found)
    said = "neutral values in place of population counts"
    model = ("--features", "features", "--model", inputs / "model")
    for words in (("--table", "t.tsv"), model):
        code, _, err = run(PTEN, *words, "--region", "1-9", "-o", "m.html")
        assert code == 0
        assert f"note: {said}" in err
        assert f"Of the features, {said}." in Path("m.html").read_text()
