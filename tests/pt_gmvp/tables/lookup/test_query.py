"""What is asked, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.tables.lookup import Change, Place, parse


@pytest.mark.parametrize(
    "text",
    [
        "PTEN R130Q", "PTEN p.R130Q", "PTEN Arg130Gln", "PTEN p.(Arg130Gln)", "PTEN:p.Arg130Gln",
        "PTEN:R130Q", "PTEN r130q", "PTEN_130_R_Q", "PTEN  ARG130GLN",
        "PTEN : R130Q", "PTEN 130_R_Q", "PTEN: p.R130Q",
    ],
)  # fmt: skip
def test_a_change_of_a_protein(text):
    (query,) = parse([text])
    assert isinstance(query, Change)
    assert (query.name, query.position, query.ref, query.alt) == ("PTEN", 130, "R", "Q")
    (unquoted,) = parse(text.split())
    assert (unquoted.position, unquoted.alt) == (130, "Q")


@pytest.mark.parametrize(
    "text",
    [
        "10-89692905-G-A", "chr10:89692905:G:A", "10 89692905 G A", "chr10-89692905-g-a",
        "10:89692905:G>A", "10:89692905 G>A", "chr10:89692905G>A",
    ],
)  # fmt: skip
def test_a_change_of_a_nucleotide(text):
    (query,) = parse([text])
    assert isinstance(query, Place)
    assert query.chrom.removeprefix("chr") == "10"
    assert (query.position, query.ref, query.alt) == (89692905, "G", "A")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PTEN 130", Change("PTEN 130", "PTEN", 130)),
        ("PTEN R130", Change("PTEN R130", "PTEN", 130, "R")),
        ("HLA-A p.Arg2", Change("HLA-A p.Arg2", "HLA-A", 2, "R")),
        ("NM_000314.8:p.Arg130", Change("NM_000314.8:p.Arg130", "NM_000314.8", 130, "R")),
        ("NM_000314.8_130_R_Q", Change("NM_000314.8_130_R_Q", "NM_000314.8", 130, "R", "Q")),
        ("ENST1_130_A_C", Change("ENST1_130_A_C", "ENST1", 130, "A", "C")),
        ("PTEN X130Q", Change("PTEN X130Q", "PTEN", 130, "*", "Q")),
        ("PTEN_130_*_Q", Change("PTEN_130_*_Q", "PTEN", 130, "*", "Q")),
        ("PTEN Sec130", Change("PTEN Sec130", "PTEN", 130, "*")),
        ("PTEN p.Arg130=", Change("PTEN p.Arg130=", "PTEN", 130, "R", "R")),
        ("X:500", Place("X:500", "X", 500)),
        ("chrM 77", Place("chrM 77", "chrM", 77)),
    ],
)
def test_positions_and_identifiers(text, expected):
    assert parse([text]) == [expected]


def test_several_with_and_without_quotes():
    words = ["PTEN", "R130Q", "10", "89692905", "G", "A", "TP53 175", "X-500-A-C", "BRCA1", "5"]
    assert [query.text for query in parse(words)] == [
        "PTEN R130Q", "10 89692905 G A", "TP53 175", "X-500-A-C", "BRCA1 5",
    ]  # fmt: skip


@pytest.mark.parametrize("first", ["X-500-A-C", "PTEN_130_R_Q", "PTEN:R130Q", "X:500"])
@pytest.mark.parametrize("second", [["MYH7", "R403Q"], ["F5", "R506Q"], ["C9", "5"]])
def test_a_gene_after_a_whole_query_is_no_residue_of_it(first, second):
    assert [query.text for query in parse([first, *second])] == [first, " ".join(second)]


@given(
    ref=st.sampled_from(AMINO_ACIDS),
    alt=st.sampled_from(AMINO_ACIDS),
    position=st.integers(1, 40_000),
)
def test_one_letter_and_three_are_the_same(ref, alt, position):
    from Bio.SeqUtils import seq3

    short, long = f"A1BG {ref}{position}{alt}", f"A1BG:p.{seq3(ref)}{position}{seq3(alt)}"
    one, three = parse([short, long])
    assert (one.ref, one.alt, one.position) == (three.ref, three.alt, three.position)
    assert (one.ref, one.alt, one.position) == (ref, alt, position)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PTEN", "query 'PTEN': expected a change such as 'PTEN R130Q' or ENST0"),
        ("R130Q", "query 'R130Q': expected a change"),
        ("", "query '': expected"),
        ("PTEN 130Q", "query 'PTEN 130Q': '130Q' is not a substitution of one residue; exp"),
        ("PTEN R130*", "query 'PTEN R130*': 'R130*' gains or loses a stop"),
        ("PTEN p.Arg130Ter", "gains or loses a stop"),
        ("PTEN R130X", "the new residue is X; expected one of ACDEF"),
        ("PTEN R130B", "the new residue is B"),
        ("PTEN p.Arg130?", "'p.Arg130?' is not a substitution"),
        ("PTEN p.Arg130fs", "is not a substitution of one residue"),
        ("PTEN MYH7", "'MYH7': Myh is not an amino acid"),
        (
            "NM_000314.8:c.389G>A",
            "'c.389G>A' is not a change of a protein; expected for example R130Q",
        ),
        ("PTEN c.389G>A", "'c.389G>A' is not a change of a protein"),
        ("PTEN 0", "query 'PTEN 0': '0': positions count from 1"),
        ("PTEN R0Q", "positions count from 1"),
        ("X:0", "query 'X:0': positions count from 1"),
        ("10-0-G-A", "positions count from 1"),
        (f"PTEN {'9' * 5000}", "is not a substitution"),
        (f"10:{'9' * 5000}", "expected a change"),
        ("10-89692905-G-N", "query '10-89692905-G-N': expected"),
    ],
)
def test_what_is_no_missense_change_is_refused(text, said):
    with pytest.raises(InputError) as error:
        parse([text])
    assert said in str(error.value)
    assert "\n" not in str(error.value)
