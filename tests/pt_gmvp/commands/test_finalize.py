"""`gmvp finalize` as its user runs it: what it writes, says and refuses, and leaves behind."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from pt_gmvp.tables.finalize import run as running
from tests.pt_gmvp.genomic_tables import GENOMIC, gene, scores_of, write

CODONS = ["ATG", "CGA", "TGG", "GGC"]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working folder, with scores.tsv and genomic.tsv in it."""
    monkeypatch.chdir(tmp_path)
    rows = gene("PTEN", "ENST1", "10", 1000, CODONS)
    write(tmp_path / "scores.tsv", ["var", "gMVP"], scores_of(rows, np.random.default_rng(1)))
    write(tmp_path / "genomic.tsv", GENOMIC, rows)
    return tmp_path


@pytest.fixture
def run(gmvp_command, folder):
    """Run the command: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return gmvp_command("finalize", *arguments)

    return call


BOTH = ("scores.tsv", "--genomic", "genomic.tsv")


def test_it_says_what_it_wrote_and_what_was_left_over(run, folder):
    with open("scores.tsv", "a") as file:
        file.writelines(f"ENST1_2_R_{alt}\t0.5\n" for alt in "ACDE")
    whole = Path("genomic.tsv").read_text()
    Path("genomic.tsv").write_text(whole + "10\t1\tA\tG\t\t\tENST9\t1\tM\tV\t\t\t\n")
    rows = len(whole.splitlines()) - 1
    code, out, err = run(*BOTH, "-o", "out.tsv.gz", "--threads", "1")
    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "note: 1 genomic rows have no score and are left out: ENST9_1_M_V",
        "note: 4 scores have no genomic row (changes of more than one nucleotide have none):"
        " ENST1_2_R_A, ENST1_2_R_C, ENST1_2_R_D, ...",
        f"{rows} rows: out.tsv.gz, out.tsv.gz.tbi, out.tsv.gz.genes.tsv",
    ]
    code, _, err = run(*BOTH, "-o", "strict.tsv", "--strict")
    assert code == 2
    assert "genomic.tsv: 1 rows have no score, such as ENST9_1_M_V; score them, or" in err
    assert not Path("strict.tsv").exists()


def test_the_originals_genomic_and_gene_tables(run, folder):
    header, *rows = [line.split("\t") for line in Path("genomic.tsv").read_text().splitlines()]
    own = [header.index(name) for name in ("gene_symbol", "gene_id")]

    def without(fields, last):
        return "\t".join([*(f for n, f in enumerate(fields) if n not in own), last])

    lines = [without(header, "consequence"), *(without(row, "missense_variant") for row in rows)]
    # Such a row has no residues.
    lines += ["10\t1\tA\tG\tENST1\t\t\t\t\t\t\t3_prime_UTR_variant"]
    Path("genomic.tsv").write_text("\n".join(lines) + "\n")
    code, _, err = run(*BOTH, "-o", "out.tsv")
    assert code == 2
    assert "genomic.tsv: no column gene_symbol" in err
    Path("genes.tsv").write_text(
        "gene_stable_id\ttranscript_stable_id\tdisplay_label\nENSG1\tENST1.3\tPTEN1\n"
    )
    code, _, err = run(*BOTH, "-o", "out.tsv", "--genes", "genes.tsv")
    assert code == 0
    assert err.splitlines()[0] == (
        "note: 1 genomic rows have another consequence than missense_variant and are left out"
    )
    assert err.splitlines()[-1].startswith(f"{len(rows)} rows: ")
    first = Path("out.tsv").read_text().splitlines()[1].split("\t")
    assert first[4:7] == ["PTEN1", "ENSG1", "ENST1"]
    Path("genes.tsv").write_text("gene_stable_id\ttranscript_stable_id\tdisplay_label\nG\tT\tL\n")
    assert (
        "note: 1 transcripts are not in --genes and have empty gene columns: ENST1"
        in (run(*BOTH, "-o", "out.tsv", "--genes", "genes.tsv")[2])
    )


def test_a_pipe_and_a_file_that_breaks_off_are_named(run, folder):
    os.mkfifo("pipe")
    code, _, err = run("pipe", "--genomic", "genomic.tsv", "-o", "out.tsv")
    assert (code, err) == (
        2, "error: pipe: expected a file on disk, as a table is read more than once\n"
    )  # fmt: skip
    rows = "".join(f"ENST{n}_1_M_A\t0.{n}\n" for n in range(100_000))
    zipped = gzip.compress(f"var\tgMVP\n{rows}".encode())
    Path("half.tsv.gz").write_bytes(zipped[: len(zipped) // 2])
    code, _, err = run("half.tsv.gz", "--genomic", "genomic.tsv", "-o", "out.tsv")
    assert code == 2
    assert re.fullmatch(
        r"error: half.tsv.gz: not a complete gzip file \(.*\); copy it again\n", err
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*BOTH, "-o", "out.csv"), "out.csv: expected a name that ends in .tsv, .tsv.gz, .parq"),
        ((*BOTH, "-o", "no/out.tsv"), "no/out.tsv: the folder no does not exist; create it first"),
        ((*BOTH, "-o", "./genomic.tsv"), "genomic.tsv: this command already uses this file"),
        ((*BOTH, "-o", "."), ".: is a folder; expected a file"),
        (
            (*BOTH, "-o", "out.tsv", "--temp", "no"),
            "no: is not a folder; expected one for temporary",
        ),
        ((*BOTH, "-o", "out.tsv", "--memory", "much"), "--memory much: expected an amount such as"),
        ((*BOTH, "-o", "out.tsv", "--memory", "10MB"), "--memory 10MB: expected at least 500MB"),
        (("none.tsv", "--genomic", "genomic.tsv", "-o", "out.tsv"), "none.tsv: No such file"),
        (("genomic.tsv", "--genomic", "scores.tsv", "-o", "out.tsv"), "genomic.tsv: no column var"),
    ],
)
def test_what_is_refused_is_one_line(run, folder, arguments, said):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert said in err
    assert err.count("\n") == 1
    assert sorted(os.listdir()) == ["genomic.tsv", "scores.tsv"]


def test_what_was_there_stays_if_the_run_fails(run, folder):
    assert run(*BOTH, "-o", "out.tsv.gz")[0] == 0
    before = {name: Path(name).read_bytes() for name in os.listdir()}
    with open("scores.tsv", "a") as file:
        file.write("ENST1_2_R_Q\t2\n")
    assert run(*BOTH, "-o", "out.tsv.gz")[0] == 2
    del before["scores.tsv"]
    assert {name: Path(name).read_bytes() for name in os.listdir() if name in before} == before
    assert len(os.listdir()) == len(before) + 1


def test_indices_of_an_older_table_do_not_stay_beside_another(run, folder):
    run(*BOTH, "-o", "out.tsv.gz")
    Path("out.parquet.tbi").write_text("older")
    run(*BOTH, "-o", "out.parquet")
    assert not Path("out.parquet.tbi").exists()


def test_ctrl_c_leaves_nothing(run, folder, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "write_table", interrupted)
    code, _, err = run(*BOTH, "-o", "out.tsv.gz")
    assert code == 130
    assert err.startswith("interrupted")
    assert sorted(os.listdir()) == ["genomic.tsv", "scores.tsv"]


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "pt_gmvp.cli", "finalize", *BOTH, *options]


@pytest.mark.slow
def test_ctrl_c_within_a_statement_of_the_engine(folder):
    genes = [gene("G", f"ENST{n}", "1", 1 + 40 * n, CODONS * 3) for n in range(3000)]
    write(folder / "genomic.tsv", GENOMIC, [row for rows in genes for row in rows])
    process = subprocess.Popen(
        _command("-o", "out.tsv.gz", "--threads", "1"), stderr=subprocess.PIPE, text=True
    )
    # Its temporary folder is there before the engine reads.
    while len(os.listdir()) == 2 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert "interrupted" in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert sorted(os.listdir()) == ["genomic.tsv", "scores.tsv"]


def test_what_a_killed_run_leaves_is_taken_away_by_the_next(run, folder):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, text=True)  # fmt: skip
    from converters import atomic

    left = folder / f".gmvp-finalize.{atomic._host()}.{gone.stdout.strip()}.partial"
    left.mkdir()
    (left / "tables.duckdb").write_bytes(b"0" * 10)
    atomic._SWEPT.discard(folder.resolve())
    assert run(*BOTH, "-o", "out.tsv")[0] == 0
    assert not left.exists()


@pytest.mark.parametrize("output", ["out.tsv.gz", "out.tsv", "out.parquet"])
def test_a_disk_that_takes_no_more_is_one_line(folder, output):
    """Files that may not grow stand for a full disk; the engine's own begin larger than that."""
    before = sorted(os.listdir())
    limit = (
        "import resource, runpy, sys; from pt_gmvp.tables.finalize import run;"
        "write = run.write_table;\n"
        "def limited(*given):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))\n"
        "    write(*given)\n"
        "run.write_table = limited\n"
        "from pt_gmvp.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limit, "finalize", *BOTH, "-o", output, "--threads", "1"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert sorted(os.listdir()) == before


def test_help_imports_nothing_heavy():
    command = [sys.executable, "-m", "pt_gmvp.cli", "finalize", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--memory" in done.stdout
    code = "import sys, pt_gmvp.cli; print({'numpy', 'duckdb', 'pysam'} & set(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert loaded.stdout == "set()\n"


def test_what_stood_in_for_inputs_of_the_scores_is_passed_on(run, folder):
    from converters.features.stand_ins import read_stand_ins, write_stand_ins

    found = {"ENST1": {"structure": "model m.pdb, chain A"}}
    write_stand_ins(folder / "scores.tsv", found)
    code, _, err = run(*BOTH, "-o", "out.tsv.gz")
    assert code == 0
    assert "note: ENST1: model m.pdb, chain A in place of NetSurfP" in err
    assert read_stand_ins(folder / "out.tsv.gz") == found
    write_stand_ins(folder / "scores.tsv", {})
    assert run(*BOTH, "-o", "out.tsv.gz")[0] == 0
    assert read_stand_ins(folder / "out.tsv.gz") == {}


def test_a_genomic_table_without_context(run, folder):
    lines = [line.split("\t") for line in (folder / "genomic.tsv").read_text().splitlines()]
    at = lines[0].index("context")
    assert run(*BOTH, "-o", "with.tsv")[0] == 0
    (folder / "genomic.tsv").write_text(
        "".join("\t".join(cells[:at] + cells[at + 1 :]) + "\n" for cells in lines)
    )
    assert run(*BOTH, "-o", "without.tsv")[0] == 0
    for name in ("with", "without"):
        rows = [row.split("\t") for row in (folder / f"{name}.tsv").read_text().splitlines()]
        assert rows[0][at] == "context"
        assert {row[at] == "" for row in rows[1:]} == {name == "without"}
        (folder / f"{name}.txt").write_text(str([row[:at] + row[at + 1 :] for row in rows]))
    assert (folder / "with.txt").read_text() == (folder / "without.txt").read_text()
