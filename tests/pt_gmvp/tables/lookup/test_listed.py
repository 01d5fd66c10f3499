"""Lists of queries are distinguished from variant tables, and lines that are neither are listed."""

from pathlib import Path

import pytest

from converters.errors import InputError
from converters.variants.reading import Options
from pt_gmvp.tables.lookup.listed import read_queries
from pt_gmvp.tables.lookup.query import Change, Place

CHROMOSOMES = ["10", "chrX", "GL000220.1"]


@pytest.fixture
def read(tmp_path: Path):
    def call(text: str, **options):
        path = tmp_path / "list"
        path.write_bytes(text.encode())
        return read_queries(str(path), Options(**options), CHROMOSOMES)

    return call


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_queries_as_people_write_them(read, ending: str) -> None:
    lines = ["\ufeffPTEN R130Q", "", "# c", "10 1004 G A", "chrX:500", "GL000220.1-7-A-C", "PTEN 5"]
    found = read(ending.join(lines))
    assert found.lines == [1, 4, 5, 6, 7]
    assert [type(query) for query in found.queries] == [Change, Place, Place, Place, Change]
    assert not found.listed
    assert found.read is None


def test_what_is_no_query_is_listed_with_its_line(read) -> None:
    found = read("PTEN R130Q\nPTEN\nPTEN R130*\nABC123 5 A C\n")
    assert found.lines == [1]
    assert [(one.line, one.variant, one.failed) for one in found.listed] == [
        (2, "PTEN", True),
        (3, "PTEN R130*", True),
        (4, "ABC123 5 A C", True),
    ]


def test_rows_of_a_plain_table_are_not_nucleotide_changes(read) -> None:
    found = read("ENST00000371953 130 A C\nENST00000371953 131 G T\n")
    assert found.read is not None
    assert [query.text for query in found.queries] == [
        "ENST00000371953_130_A_C",
        "ENST00000371953_131_G_T",
    ]
    assert found.queries[0] == Change("ENST00000371953_130_A_C", "ENST00000371953", 130, "A", "C")


def test_an_unknown_residue_of_a_table_is_asked_for_as_such(read) -> None:
    found = read("ENST00000371953 130 X C\n")
    assert isinstance(found.queries[0], Change)
    assert found.queries[0].ref == "*"


def test_bare_changes_need_a_transcript(read) -> None:
    found = read("R130Q\n", transcript="ENST00000371953")
    assert [query.text for query in found.queries] == ["ENST00000371953_130_R_Q"]


def test_neither_queries_nor_a_table(read) -> None:
    with pytest.raises(InputError):
        read("nothing that anybody knows\nof any kind\n")
    with pytest.raises(InputError, match="contains no query"):
        read("\n\n")
