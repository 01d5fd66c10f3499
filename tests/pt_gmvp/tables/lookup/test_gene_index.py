"""The gene index: read back as written, and found by every name of a gene."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.tables.finalize.columns import GENES
from pt_gmvp.tables.lookup.gene_index import Span, find, read_spans, span_of

SPANS = [
    Span("PTEN", "ENSG00000171862.11", "ENST00000371953.8", "10", 1001, 2209, 403, 2600),
    Span("PTEN", "ENSG00000171862.11", "ENST00000472832.3", "10", 1001, 1500, 166, 900),
    Span("HLA-A", "ENSG00000206503", "NM_002116.8", "X", 500, 505, 2, 12),
]
HEADER = "\t".join(GENES)
names = st.text(st.characters(categories=("L", "N"), include_characters="_-."), max_size=12)
numbers = st.integers(1, 10**9)


@given(st.lists(st.builds(Span, *[names] * 4, *[numbers] * 4), max_size=3))
@settings(max_examples=30)
def test_what_is_written_is_read_back(tmp_path_factory, spans):
    path = tmp_path_factory.getbasetemp() / "written.genes.tsv"
    lines = ["\t".join(map(str, span)) for span in spans]
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    assert read_spans(path) == spans


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a gene index"),
        ("gene_symbol\tstart\n", "not a gene index"),
        (f"{HEADER}\nPTEN\t1\n", "damaged"),
        (f"{HEADER}\n" + "\t".join(["x"] * len(GENES)) + "\n", "damaged"),
    ],
)
def test_what_is_no_gene_index_is_refused(tmp_path, text, said):
    path = tmp_path / "t.genes.tsv"
    path.write_text(text)
    with pytest.raises(InputError, match=f"{said}; run gmvp finalize again"):
        read_spans(path)


def test_a_span_of_a_database_row_is_that_of_the_text():
    row = ("PTEN", "ENSG1", "ENST1", "10", 1, 9, 3, 4)
    assert span_of(row) == span_of(map(str, row)) == Span(*row)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("PTEN", [0, 1]),
        ("pten", [0, 1]),
        ("ENSG00000171862", [0, 1]),
        ("ENST00000371953.8", [0]),
        ("ENST00000371953", [0]),
        ("ENST00000371953.9", [0]),
        ("nm_002116", [2]),
        ("HLA", []),
        ("HLA-A.1", []),
    ],
)
def test_genes_and_transcripts_are_found_by_name(name, found):
    assert find(SPANS, name) == [SPANS[number] for number in found]


def test_the_exact_version_leaves_out_the_others():
    older = SPANS[0]._replace(transcript_id="ENST00000371953.7")
    assert find([older, SPANS[0]], "ENST00000371953.8") == [SPANS[0]]
    assert find([older, SPANS[0]], "ENST00000371953") == [older, SPANS[0]]
