"""`gmvp lookup` as its user runs it."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest
from typer.testing import CliRunner

from pt_gmvp.cli import app
from pt_gmvp.tables.finalize import Request, finalize
from tests.pt_gmvp.genomic_tables import FINAL, GENOMIC, gene, scores_of, write


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> str:
    """A finalized table of one gene."""
    folder = tmp_path_factory.mktemp("finalized")
    rows = gene("PTEN", "ENST1", "10", 1000, ["ATG", "CGA", "TGG"])
    scores = write(folder / "s.tsv", ["var", "gMVP"], scores_of(rows, np.random.default_rng(1)))
    genomic = write(folder / "g.tsv", GENOMIC, rows)
    request = Request((scores,), genomic, folder / "t.tsv.gz", 10**9, 1)
    finalize(request, lambda *_: nullcontext(lambda units=1: None))
    return str(folder / "t.tsv.gz")


@pytest.fixture
def run(gmvp_command, table):
    """Run the command on the table: (exit code, stdout, stderr)."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return gmvp_command("lookup", table, *arguments)

    return call


def test_lines_of_the_table_in_a_pipe(run):
    code, out, err = run("PTEN R2Q", "10-1000-A-G")
    header, *lines = out.splitlines()
    assert (code, err, header.split("\t")) == (0, "", FINAL)
    assert [line.split("\t")[:4] for line in lines] == [
        ["10", "1004", "G", "A"],
        ["10", "1000", "A", "G"],
    ]
    assert run("PTEN", "R2Q", "10", "1000", "A", "G", "--tsv")[1] == out


def test_json_has_numbers_and_says_what_is_there_instead(run):
    code, out, err = run("--json", "PTEN R2Q", "PTEN K2Q")
    found, missing = json.loads(out)
    assert code == 1
    assert found["query"] == "PTEN R2Q"
    assert list(found["rows"][0]) == FINAL
    assert found["rows"][0]["pos"] == 1004
    assert isinstance(found["rows"][0]["gMVP"], float)
    assert found["rows"][0]["chrom"] == "10"
    assert missing["rows"] == []
    assert missing["instead"].startswith("PTEN has R at 2, not K")
    assert err == f"not found: PTEN K2Q: {missing['instead']}\n"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("PTEN", "error: query 'PTEN': expected a change such as"),
        ("PTEN R2*", "error: query 'PTEN R2*': 'R2*' gains or loses a stop"),
    ],
)
def test_what_makes_no_sense_is_refused(run, query, said):
    code, out, err = run(query)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_one_form_at_a_time(run):
    code, out, err = run("--tsv", "--json", "PTEN R2Q")
    assert (code, out) == (2, "")
    assert err == "error: --tsv and --json exclude each other; give only one of them\n"


def test_a_table_that_is_none(table):
    for path in ("none.tsv", table.replace("t.tsv.gz", "s.tsv")):
        done = CliRunner().invoke(app, ["lookup", path, "PTEN R2Q"])
        assert done.exit_code == 2
        assert done.stderr.startswith(f"error: {path}: ")


def test_a_closed_standard_output_is_no_traceback(table):
    command = f"{sys.executable} -m pt_gmvp.cli lookup {table} 'PTEN R2Q' >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(("width", "columns"), [(160, 9), (80, 6)])
def test_on_a_terminal_it_is_a_table_for_people(table, width, columns):
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pt_gmvp.cli", "lookup", table, "PTEN R2Q"],
        stdout=follower,
        env={**os.environ, "COLUMNS": str(width), "TERM": "xterm"},
    )
    os.close(follower)
    assert process.wait(60) == 0
    shown = re.sub(r"\x1b\[[0-9;]*m", "", os.read(leader, 10_000).decode())
    os.close(leader)
    header, row = (re.split(r"\s{2,}", line.strip()) for line in shown.splitlines())
    assert header[:6] == ["variant", "gene", "change", "gMVP", "normalized", "rankscore"]
    assert row[:3] == ["10-1004-G-A", "PTEN", "R2Q"]
    assert len(header) == len(row) == columns
    assert columns < 9 or row[-1] == "CGA>CAA"


def test_it_answers_from_a_process_of_its_own(table):
    command = [sys.executable, "-m", "pt_gmvp.cli", "lookup", table, "PTEN R2Q"]
    assert subprocess.run(command, capture_output=True).returncode == 0


LIST = """PTEN R2Q
# a comment

PTEN 2
10-1000-A-G
ENST1:p.Arg2Gln
"""


@pytest.fixture
def asked(tmp_path):
    """Writes a list of queries: its path."""

    def write(text):
        (tmp_path / "q.txt").write_text(text)
        return str(tmp_path / "q.txt")

    return write


def test_a_list_s_answers_are_in_its_order_each_beside_its_query(run, asked):
    code, out, err = run("--list", asked(LIST))
    header, *lines = (line.split("\t") for line in out.splitlines())
    assert (code, header) == (0, ["query", *FINAL])
    queries = list(dict.fromkeys(line[0] for line in lines))
    assert queries == ["PTEN R2Q", "PTEN 2", "10-1000-A-G", "ENST1:p.Arg2Gln"]
    by_arguments = run("PTEN R2Q", "PTEN 2", "10-1000-A-G", "ENST1:p.Arg2Gln")[1]
    assert ["\t".join(line[1:]) for line in lines] == by_arguments.splitlines()[1:]
    assert err == "queries: 4, found: 4, not found: 0, left out: 0\n"
    found = json.loads(run("--list", asked(LIST), "--json")[1])
    assert [one["query"] for one in found] == queries


def test_what_of_a_list_is_not_found_is_listed(run, asked, tmp_path):
    path = asked(LIST + "PTEN K2Q\nPTEN R2*\nNOGENE 5\n")
    code, out, err = run("--list", path, "--report", tmp_path / "r.json")
    assert code == 1
    assert out == run("--list", asked(LIST))[1]
    assert f"failed: {path}, line 7: PTEN K2Q: PTEN has R at 2, not K" in err
    assert f"failed: {path}, line 8: PTEN R2*: query 'PTEN R2*': 'R2*' gains or loses a stop" in err
    assert err.endswith("queries: 7, found: 4, not found: 3, left out: 0\n")
    report = json.loads((tmp_path / "r.json").read_bytes())
    assert [one["line"] for one in report["listed"]] == [7, 8, 9]
    assert report["queries"] == report["found"] + report["not found"] + report["left out"]


def test_a_variant_table_is_a_list(run, asked):
    rows = ["transcript_id\taa_pos\tref_aa\talt_aa\tconsequence"]
    rows.append("ENST1\t2\tR\tQ\tmissense_variant")
    rows.append("ENST1\t2\tR\tR\tsynonymous_variant")
    code, out, err = run("--list", asked("\n".join(rows)))
    assert code == 0
    assert [line.split("\t")[0] for line in out.splitlines()] == [
        "query",
        "ENST1_2_R_Q",
    ]
    assert err.endswith("queries: 2, found: 1, not found: 0, left out: 1\n")


def test_a_list_from_standard_input(table):
    command = [sys.executable, "-m", "pt_gmvp.cli", "lookup", table, "--list", "-"]
    done = subprocess.run(command, input=LIST, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1].startswith("PTEN R2Q\t10\t1004\t")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "error: give queries, or --list FILE with one per line"),
        (("PTEN R2Q", "--list", "q.txt"), "error: give queries, or --list FILE with one per line"),
        (("PTEN R2Q", "--report", "r.json"), "error: --report has no effect without --list"),
        (("PTEN R2Q", "--map", "m"), "error: --map has no effect without --list"),
        (("--list", "none.txt"), "error: none.txt: No such file or directory"),
    ],
)
def test_what_does_not_go_together(run, words, said):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert err.startswith(said)


def test_an_empty_list_is_refused(run, asked):
    path = asked("# nothing\n")
    code, out, err = run("--list", path)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {path}: contains no query; expected one per line")


def test_what_stood_in_for_inputs_of_the_rows_is_said(run, table):
    from pathlib import Path

    from converters.features.stand_ins import write_stand_ins

    found = {"ENST1": {"counts": "neutral values"}, "ENST9": {"counts": "neutral values"}}
    write_stand_ins(Path(table), found)
    try:
        code, _, err = run("PTEN 2")
    finally:
        write_stand_ins(Path(table), {})
    assert code == 0
    assert err == "note: ENST1: neutral values in place of population counts\n"
