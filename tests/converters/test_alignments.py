"""Rows of alignments as text; what their readers make of them is tested with the readers."""

from contextlib import suppress

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


@pytest.mark.parametrize(
    "text", ["CLUSTAL\n", "CLUSTAL W (1.81)", "CLUSTAL\n\n\n\n", "CLUSTAL\n\n \n", "MUSCLE (3.8)\n"]
)
def test_a_clustal_header_and_nothing_else_ends(text):
    with pytest.raises(InputError, match=r"f\.aln: not a clustal alignment"):
        read_rows(text, "clustal", "f.aln")


def test_a_clustal_file_may_be_cut_anywhere():
    """Biopython's reader must end, whatever is missing, and never return other rows."""
    whole = "CLUSTAL W (1.8)\n\n\na  MKVL 4\nb  MK-L 3\n   ** *\n\na  AW 6\nb  AW 5\n   **\n"
    for end in range(len(whole)):
        with suppress(InputError):
            rows = read_rows(whole[:end], "clustal", "f")
            assert "MKVLAW".startswith(rows[0].letters)
            assert all("MK-LAW".startswith(row.letters) for row in rows[1:])


@pytest.mark.parametrize("end", ["\0", "\n\0", "\0\0\n"])
def test_a_nul_byte_ends_an_a3m(end):
    rows = read_rows(f">q\nMKV\n>s\nMaKV\n{end}", "a3m", "f")
    assert [row.letters for row in rows] == ["MKV", "MaKV"]


def test_several_a3m_of_one_query_are_one_alignment():
    """So ColabFold joins what it found in several databases."""
    rows = read_rows(">q\nMKV\n>s\nMKI\n\0>q\nMKV\n>t\nMKL\n\0", "a3m", "f")
    assert [row.letters for row in rows] == ["MKV", "MKI", "MKL"]
    with pytest.raises(InputError, match="f: NUL bytes divide it into 2 alignments, and the first"):
        read_rows(">q\nMKV\n\0>r\nMKL\n", "a3m", "f")
    with pytest.raises(InputError, match="f: NUL bytes divide it into 2 alignments"):
        read_rows(">q\nMK\0V\n", "a3m", "f")


@pytest.mark.parametrize("form", ["fasta", "stockholm", "clustal"])
def test_a_nul_byte_elsewhere_is_refused_by_its_line(form):
    with pytest.raises(InputError, match="f, line 2: contains a NUL byte"):
        read_rows(">q\nM\0V\n", form, "f")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_ends_of_lines_do_not_matter(end):
    text = ">a\x85b\u2028c\nMK\nV\n".replace("\n", end)
    assert read_rows(text, "fasta", "f") == [("a\x85b\u2028c", "MKV")]


def test_comments_before_the_first_row_are_left_out():
    assert read_rows("#3\t1\n>101\nMKV\n", "a3m", "f") == [("101", "MKV")]
