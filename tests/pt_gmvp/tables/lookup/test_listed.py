"""Lists of queries are distinguished from variant tables, and lines that are neither are listed."""

import gzip
from pathlib import Path
from typing import cast

import pytest
import zstandard

from converters.errors import InputError
from converters.variants.reading import Options
from pt_gmvp.tables.lookup.gene_index import GeneIndex, Span
from pt_gmvp.tables.lookup.listed import read_queries
from pt_gmvp.tables.lookup.query import Change, Place
from pt_gmvp.tables.lookup.table import Table

CHROMOSOMES = ["10", "chrX", "GL000220.1"]
PTEN = Span("PTEN", "ENSG00000171862", "ENST00000371953", "10", 1, 9, 403, 9)


class Opened:
    """The parts of a finalized table that a list is read with."""

    def __init__(self, path: Path, *spans: Span) -> None:
        self.path, self.chromosomes, self.spans = path, CHROMOSOMES, list(spans)
        self.genes = GeneIndex(spans)
        rows = "".join(f"{one.transcript_id}\t{one.gene_symbol}\t{one.gene_id}\n" for one in spans)
        path.write_text(f"transcript_id\tgene_symbol\tgene_id\n{rows}")


@pytest.fixture
def read(tmp_path: Path):
    def call(text: str | bytes, spans=(PTEN,), **options):
        path = tmp_path / "list"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        opened = Opened(tmp_path / "final.tsv", *spans)
        return read_queries(str(path), Options(**options), cast(Table, opened))

    return call


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_queries_as_people_write_them(read, ending: str) -> None:
    lines = ["\ufeffPTEN R130Q", "", "# c", "10 1004 G A", "chrX:500", "GL000220.1-7-A-C", "PTEN 5"]
    found = read(ending.join(lines))
    assert found.lines == [1, 4, 5, 6, 7]
    assert [type(query) for query in found.queries] == [Change, Place, Place, Place, Change]
    assert not found.listed
    assert found.read is None


@pytest.mark.parametrize("packed", [gzip.compress, zstandard.compress])
def test_a_compressed_list(read, packed, tmp_path: Path) -> None:
    found = read(packed(b"# c\nPTEN R130Q\nPTEN 5\n"))
    assert found.lines == [2, 3]
    assert found.read is None
    assert read(packed(b"ENST00000371953 130 A C\n")).read is not None


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


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["P60484"], "UniProt"),
        (["NP_000305.3", "NM_000314"], "RefSeq protein and RefSeq transcript"),
        (["ENSP00000361021"], "Ensembl protein"),
        (["Q9Y6K9", "BRCA1"], "UniProt and gene or other name"),
    ],
)
def test_ids_that_need_a_map_are_refused_in_one_line(read, names, kinds) -> None:
    with pytest.raises(InputError) as refused:
        read("".join(f"{name}:p.Arg130Gln\n" for name in names))
    said = str(refused.value)
    assert f"names its proteins by {kinds}: " in said
    assert "final.tsv has none of them; give --map FILE with two columns" in said


def test_one_known_name_is_enough_to_answer_the_others_each(read) -> None:
    found = read("P60484:R130Q\nPTEN:R130Q\n")
    assert [query.name for query in found.queries] == ["P60484", "PTEN"]
    assert len(read("NOGENE R130Q\nENST00000000001 R130Q\n").queries) == 2


def test_genes_need_a_table_where_the_finalized_one_names_none(read, tmp_path: Path) -> None:
    nameless = [PTEN._replace(gene_symbol="", gene_id="")]
    with pytest.raises(InputError, match=r"gene or other name: 'PTEN'; .* or --genes TABLE"):
        read("PTEN:R130Q\n", spans=nameless)
    genes = tmp_path / "genes.tsv"
    genes.write_text(
        "transcript_stable_id\tdisplay_label\tgene_stable_id\n"
        "ENST00000371953\tPTEN\tENSG00000171862\n"
    )
    (found,) = read("PTEN:R130Q\n", spans=nameless, genes=genes).queries
    assert found == Change("ENST00000371953_130_R_Q", "ENST00000371953", 130, "R", "Q")


def test_a_map_makes_them_transcripts(read, tmp_path: Path) -> None:
    (tmp_path / "map").write_text("P60484\tENST00000371953\n")
    (found,) = read("P60484:R130Q\n", map=tmp_path / "map").queries
    assert found == Change("ENST00000371953_130_R_Q", "ENST00000371953", 130, "R", "Q")
