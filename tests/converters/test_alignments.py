"""Rows of alignments as text; what their readers make of them is tested with the readers."""

import pytest

from converters.alignments import FORMATS, SUFFIXES, Row, aligned, matched, read_rows
from converters.errors import InputError


def test_rows_keep_their_letters_and_all_of_their_names():
    text = ">sp|P1|X_HUMAN some OS=Homo\nMK v\nL-\n\n>b\nMKVL.\n"
    rows = read_rows(text, "fasta", "a.fasta")
    assert rows == [Row("sp|P1|X_HUMAN some OS=Homo", "MKvL-"), Row("b", "MKVL.")]
    assert aligned(rows, "fasta", "a.fasta") == ["MKVL-", "MKVL."]
    assert read_rows("a\t1\tMk\n", "compara", "a") == [Row("a", "Mk")]
    assert aligned([Row("a", "Mk")], "compara", "a") == ["Mk"]


def test_a3m_loses_insertions_and_rows_that_are_no_sequences():
    text = ">ss_pred x\nHHH\n>q\nMKV\n>s\nMa.cKV\n"
    rows = read_rows(text, "a3m", "a.a3m")
    assert [row.name for row in rows] == ["q", "s"]
    assert aligned(rows, "a3m", "a.a3m") == ["MKV", "MKV"]
    assert matched("Ma.c-K*") == "M-K*"


@pytest.mark.parametrize(
    ("form", "text", "message"),
    [
        ("fasta", "", "f: contains no sequence"),
        ("stockholm", "# STOCKHOLM 1.0\nq MKV\ns M\n//\n", "s has 1 columns, the first row 3"),
        ("clustal", "MKV", "f: not a clustal alignment"),
        ("compara", "a\tb\n", "f, line 1: 2 fields"),
    ],
)
def test_what_is_refused_is_the_caller_s_error(form, text, message):
    with pytest.raises(InputError, match=message):
        read_rows(text, form, "f")


def test_a_row_of_another_width_is_named():
    with pytest.raises(InputError, match="f: sequence s has 2 columns, the first one 3"):
        aligned([Row("q", "MKV"), Row("s", "MK")], "fasta", "f")


def test_every_suffix_has_a_format_that_is_read():
    assert set(SUFFIXES.values()) == set(FORMATS) == {
        "compara", "a3m", "fasta", "stockholm", "clustal",
    }  # fmt: skip
