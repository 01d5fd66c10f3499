"""What is asked, as people write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.residues import LETTERS
from pt_gmvp.lookup import Change, Place, parse


@pytest.mark.parametrize(
    "text",
    [
        "PTEN R130Q", "PTEN p.R130Q", "PTEN Arg130Gln", "PTEN p.(Arg130Gln)", "PTEN:p.Arg130Gln",
        "PTEN:R130Q", "PTEN r130q", "PTEN_130_R_Q", "PTEN  ARG130GLN",
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


@given(ref=st.sampled_from(LETTERS), alt=st.sampled_from(LETTERS), position=st.integers(1, 40_000))
def test_one_letter_and_three_are_the_same(ref, alt, position):
    from Bio.SeqUtils import seq3

    short, long = f"A1BG {ref}{position}{alt}", f"A1BG:p.{seq3(ref)}{position}{seq3(alt)}"
    if ref == alt:
        for text in (short, long):
            with pytest.raises(InputError, match="keeps the residue"):
                parse([text])
        return
    one, three = parse([short, long])
    assert (one.ref, one.alt, one.position) == (three.ref, three.alt, three.position)
    assert (one.ref, one.alt, one.position) == (ref, alt, position)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PTEN", "query 'PTEN': expected a change such as 'PTEN R130Q' or ENST0"),
        ("R130Q", "query 'R130Q': expected a change"),
        ("", "query '': expected"),
        ("PTEN 130Q", "names no reference residue; expected"),
        ("PTEN R130*", "a stop is no missense change"),
        ("PTEN R130X", "a stop is no missense change"),
        ("PTEN p.Arg130Ter", "a stop is no missense change"),
        ("PTEN p.Arg130=", "keeps the residue"),
        ("PTEN R130R", "keeps the residue"),
        ("PTEN Sec130Gln", "Sec is none of the 20 amino acids"),
        ("PTEN B130Q", "B is none of the 20"),
        ("PTEN p.Arg130?", "? is none of the 20"),
        ("10-89692905-G-N", "query '10-89692905-G-N': expected"),
        ("PTEN p.Arg130fs", "expected a change"),
    ],
)
def test_what_is_no_missense_change_is_refused(text, said):
    with pytest.raises(InputError) as error:
        parse([text])
    assert said in str(error.value)
    assert "\n" not in str(error.value)
