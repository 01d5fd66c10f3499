import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import zstandard

from converters.features.stand_ins import read_stand_ins, write_stand_ins
from tests.pt_gmvp.genomic_tables import GENOMIC, gene, scores_of, write


@pytest.fixture
def run(gmvp_command, tmp_path, monkeypatch):
    """Run the command on a finalized table."""
    monkeypatch.chdir(tmp_path)
    rows = gene("PTEN", "ENST1", "10", 1000, ["ATG", "CGA"])
    scores = scores_of(rows, np.random.default_rng(1))
    write(tmp_path / "scores.tsv", ["var", "gMVP"], scores)
    write(tmp_path / "genomic.tsv", GENOMIC, rows)
    words = ("scores.tsv", "--genomic", "genomic.tsv", "-o", "final.tsv")
    assert gmvp_command("finalize", *words)[0] == 0

    def call(*arguments):
        return gmvp_command("annotate", *arguments, "--scores", "final.tsv")

    return call


def test_the_output_is_named_as_the_original_names_it(run):
    Path("cases.tsv").write_text("id\tprotein_var\na\tENST1_2_R_Q\n")
    code, out, err = run("cases.tsv")
    assert (code, err) == (0, "cases.gMVP.csv written\n")
    assert Path("cases.gMVP.csv").read_text().startswith("id\tprotein_var\tgMVP\tgMVP_normalized\t")
    counts = [line.split() for line in out.splitlines() if line.strip()]
    assert ["rows", "read", "1"] in counts
    assert ["scored", "1"] in counts


def test_rows_without_a_score_are_listed_and_counted(run):
    rows = "".join(f"ENST1_{n}_M_W\n" for n in range(100, 125))
    Path("cases.txt").write_text(f"protein_var\nENST1_2_R_Q\n{rows}\n")
    code, _, err = run("cases.txt", "-o", "o.csv", "--report", "r.json")
    assert code == 1
    assert err.splitlines()[0] == (
        "failed: cases.txt, line 3: 'ENST1_100_M_W' is not in the finalized table"
    )
    assert "... and 5 more; --report FILE lists all of them" in err
    assert err.splitlines()[-1] == "error: 25 of 26 rows have no score, written as NaN"
    report = json.loads(Path("r.json").read_text())
    assert (report["rows"], report["scored"], report["failed"]) == (26, 1, {"no score": 25})
    assert report["listed"][0] == {
        "table": "cases.txt",
        "line": 3,
        "variant": "ENST1_100_M_W",
        "kind": "no score",
        "detail": "is not in the finalized table",
        "failed": True,
    }


def test_a_row_without_a_change_asks_for_nothing(run):
    Path("cases.txt").write_text("protein_var\tx\nENST1_2_R_Q\ta\n\tb\n")
    code, out, _ = run("cases.txt", "-o", "o.csv", "--report", "r.json")
    assert code == 0
    assert ["left", "out:", "no", "change", "1"] in [line.split() for line in out.splitlines()]
    report = json.loads(Path("r.json").read_text())
    assert (report["rows"], report["left_out"], report["scored"]) == (2, {"no change": 1}, 1)
    assert report["listed"][0]["line"] == 3


def test_an_input_is_not_written_over(run, fails):
    Path("cases.tsv").write_text("protein_var\nENST1_2_R_Q\n")
    assert "cases.tsv: this command already uses this file" in fails("cases.tsv", "-o", "cases.tsv")


def test_what_stood_in_is_repeated_and_recorded_beside_the_table(run):
    stood = {"counts": "neutral values"}
    write_stand_ins(Path("final.tsv"), {"ENST1": stood, "ENST9": stood})
    Path("cases.tsv").write_text("protein_var\nENST1_2_R_Q\n")
    code, _, err = run("cases.tsv", "--report", "r.json")
    assert (code, err.splitlines()[0]) == (
        0,
        "note: ENST1: neutral values in place of population counts",
    )
    assert json.loads(Path("r.json").read_text())["stand_ins"] == {"ENST1": stood}
    assert read_stand_ins(Path("cases.gMVP.csv")) == {"ENST1": stood}
    Path("cases.tsv").write_text("protein_var\nENST2_2_R_Q\n")
    assert "note" not in run("cases.tsv")[2]
    assert read_stand_ins(Path("cases.gMVP.csv")) == {}


@pytest.mark.parametrize("suffix", [".zst", ".gz", ".bgz"])
def test_a_compressed_table_is_read_and_named(run, suffix):
    packed = zstandard.compress if suffix == ".zst" else gzip.compress
    Path(f"cases.tsv{suffix}").write_bytes(packed(b"protein_var\nENST1_2_R_Q\n"))
    assert run(f"cases.tsv{suffix}")[0] == 0
    assert len(Path("cases.gMVP.csv").read_text().splitlines()) == 2
