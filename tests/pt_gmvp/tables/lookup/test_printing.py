"""Answers as a table, as lines of the table itself, and as JSON."""

import io
import json

import pytest

from pt_gmvp.tables.finalize.columns import FINAL
from pt_gmvp.tables.lookup import Answer, Change
from pt_gmvp.tables.lookup.printing import print_json, print_table_of, print_tsv

VALUES = (
    "10", "1388", "C", "A", "PTEN", "ENSG1", "ENST1", "130", "R", "Q", "CGA", "CAA", "TCG",
    "0.91234567", "0.5", "0.75", "1",
)  # fmt: skip
ROW = dict(zip(FINAL, VALUES, strict=True))
FOUND = Answer(Change("PTEN R130Q", "PTEN", 130, "R", "Q"), [ROW])
NOTHING = Answer(Change("PTN 1", "PTN", 1), [], "no gene or transcript PTN; did you mean “PTEN”?")


def printed(write, *answers):
    stream = io.StringIO()
    write(answers, stream)
    return stream.getvalue()


def test_lines_are_those_of_the_table():
    assert printed(print_tsv, FOUND, NOTHING) == "\t".join(FINAL) + "\n" + "\t".join(VALUES) + "\n"
    assert printed(print_tsv, NOTHING) == "\t".join(FINAL) + "\n"


def test_json_has_numbers_and_what_is_there_instead():
    found, nothing = json.loads(printed(print_json, FOUND, NOTHING))
    assert found["query"] == "PTEN R130Q"
    (row,) = found["rows"]
    assert (row["chrom"], row["pos"], row["protein_position"]) == ("10", 1388, 130)
    assert (row["gMVP"], row["gMVP_normalized_rankscore"]) == (0.91234567, 1.0)
    assert list(row) == list(FINAL)
    assert "instead" not in found
    assert nothing == {"query": "PTN 1", "rows": [], "instead": NOTHING.instead}
    assert "“PTEN”" in printed(print_json, NOTHING)
    assert json.loads(printed(print_json)) == []


def test_the_table_has_the_change_and_four_digits():
    header, *_, line = printed(print_table_of, FOUND, NOTHING).splitlines()
    assert header.split()[:4] == ["variant", "gene", "change", "gMVP"]
    assert line.split() == [
        "10-1388-C-A", "PTEN", "R130Q", "0.9123", "0.5000", "0.7500", "1.0000", "ENST1", "CGA>CAA",
    ]  # fmt: skip


def test_a_score_that_is_no_number_is_no_json():
    with pytest.raises(ValueError, match="could not convert"):
        printed(print_json, Answer(FOUND.query, [ROW | {"gMVP": ""}]))


def test_each_row_is_beside_its_query():
    lines = [line.split("\t") for line in printed_with_queries(print_tsv).splitlines()]
    assert lines == [["query", *FINAL], ["PTEN R130Q", *VALUES]]
    assert "PTEN R130Q" in printed_with_queries(print_table_of)


def printed_with_queries(write):
    stream = io.StringIO()
    write([FOUND, NOTHING], stream, True)
    return stream.getvalue()
