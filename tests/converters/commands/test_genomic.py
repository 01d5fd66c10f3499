"""`gmvp-convert genomic` as its user has it, and its table in gmvp finalize and lookup."""

import json

import pytest

from tests.converters.genomic.vep_output import FORWARD, GENOME, REVERSE, ROWS, default_table

OTHER = FORWARD | {"Consequence": "synonymous_variant"}
WRONG = FORWARD | {"Allele": "C"}


@pytest.fixture
def genomic(gmvp_convert, tmp_path):
    def run(text, *arguments):
        (tmp_path / "vep.txt").write_text(text)
        (tmp_path / "genome.fa").write_text(GENOME)
        done = gmvp_convert("genomic", "vep.txt", *arguments, cwd=tmp_path)
        assert "Traceback" not in done.stderr
        return done

    return run


def test_a_table_and_a_summary_that_adds_up(genomic, tmp_path):
    done = genomic(default_table(OTHER, FORWARD, REVERSE), "-o", "g.tsv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "g.tsv").read_text().splitlines()[1:] == list(ROWS)
    rows = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines()[1:])
    assert [rows[name] for name in ("lines", "annotations", "rows", "left out", "failed")] == (
        ["3", "3", "2", "1", "0"]
    )
    assert "left out: vep.txt, line 3: 7:12 A ENST01: the consequence is" in done.stderr
    assert "without --genome, the column context is empty" in done.stderr


def test_what_failed_is_listed_and_the_exit_code_says_so(genomic, tmp_path):
    done = genomic(default_table(FORWARD, WRONG), "-o", "g.tsv", "--report", "r.json")
    assert done.returncode == 1
    assert "failed: vep.txt, line 4: 7:12 C ENST01: the codon changes to A" in done.stderr
    assert "error: 1 missense annotations gave no row" in done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["counts"] == {
        "lines": 2, "annotations": 2, "rows": 1, "left out": 0, "failed": 1,
    }  # fmt: skip
    assert report["listed"][0]["line"] == 4
    assert len((tmp_path / "g.tsv").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "g.csv"], "expected a name that ends in .tsv or .tsv.gz"),
        (["-o", "vep.txt"], "already uses this file"),
        (["-o", "g.tsv", "--genome", "vep.txt"], "not FASTA"),
    ],
)
def test_what_is_refused(genomic, tmp_path, arguments, message):
    done = genomic(default_table(FORWARD), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "g.tsv").exists()


@pytest.mark.parametrize("genome", [True, False])
def test_finalized_and_looked_up_with_or_without_context(genomic, tmp_path, genome):
    from typer.testing import CliRunner

    from pt_gmvp.cli import app

    given = ["--genome", "genome.fa"] if genome else []
    done = genomic(default_table(FORWARD, REVERSE), "-o", "g.tsv.gz", *given)
    assert done.returncode == 0, done.stderr
    scores = tmp_path / "scores.tsv"
    scores.write_text("var\tgMVP\nENST01_2_V_D\t0.5\nENST02.3_7_C_Y\t0.75\n")
    out = tmp_path / "final.tsv.gz"
    words = ["finalize", str(scores), "--genomic", str(tmp_path / "g.tsv.gz"), "-o", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    found = CliRunner().invoke(app, ["lookup", str(out), "DEF C7Y", "--json"])
    assert found.exit_code == 0, found.output
    assert ("GCA" in found.output) is genome
    assert "0.75" in found.output
