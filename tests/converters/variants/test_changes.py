"""Changes of a protein, in every notation, and what is no such change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.residues import AMINO_ACIDS
from converters.variants import changes
from converters.variants.changes import (
    Substitution,
    SubstitutionError,
    Variant,
    check_protein,
    parse_site,
    parse_substitution,
    parse_variant,
)

R130Q = Substitution(130, "R", "Q")
amino_acids = st.sampled_from(AMINO_ACIDS)


@pytest.mark.parametrize(
    "text",
    ["R130Q", "r130q", "p.R130Q", "p.Arg130Gln", "p.(Arg130Gln)", "Arg130Gln", " 130_R_Q "],
)
def test_every_notation_is_the_same_change(text):
    assert parse_substitution(text) == R130Q


@pytest.mark.parametrize(
    "text",
    [
        "ENST00000371953 R130Q",
        "ENST00000371953: R130Q",
        "ENST00000371953:p.Arg130Gln",
        "ENST00000371953:R130Q",
        "ENST00000371953_130_R_Q",
        "ENST00000371953 130_R_Q",
    ],
)
def test_every_way_to_name_the_transcript(text):
    assert parse_variant(text) == Variant("ENST00000371953", R130Q)


def test_a_transcript_may_have_underscores_and_versions():
    assert parse_variant("P_1_7_A_C") == ("P_1", (7, "A", "C"))
    assert parse_variant("NM_000314.8:p.Arg130Gln") == ("NM_000314.8", R130Q)


@given(st.integers(1, 40_000), amino_acids, amino_acids)
def test_what_is_written_is_read_back(position, ref, alt):
    change = Substitution(position, ref, alt)
    assert parse_substitution(str(change)) == change
    assert parse_substitution(change.hgvs) == change
    assert parse_variant(change.named("ENST_1")) == ("ENST_1", change)


@pytest.mark.parametrize("text", ["X5A", "U5A", "*5A", "p.Xaa5Ala", "p.Sec5Ala", "5_*_A"])
def test_a_reference_that_is_none_of_the_twenty(text):
    change = parse_substitution(text)
    assert change == (5, "*", "A")
    assert (str(change), change.hgvs, change.named("T")) == ("X5A", "p.Xaa5Ala", "T_5_*_A")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("R130", "is not a substitution of one residue; expected for example R130Q"),
        ("p.Arg130fs", "is not a substitution"),
        ("c.389G>A", "'c.389G>A' is not a change of a protein"),
        (f"R{'9' * 5000}Q", "is not a substitution"),
        ("p.Arg130del", "del is not an amino acid"),
        ("R130*", "gains or loses a stop"),
        ("p.Arg130Ter", "gains or loses a stop"),
        ("p.Ter404Arg", "gains or loses a stop"),
        ("R0Q", "positions count from 1"),
        ("R130X", "the new residue is X; expected one of ACDEF"),
        ("p.Foo130Gln", "Foo is not an amino acid"),
        ("", "is not a change of a protein"),
    ],
)
def test_what_is_no_substitution_is_named(text, said):
    with pytest.raises(SubstitutionError) as raised:
        parse_substitution(text)
    assert said.lower() in str(raised.value).lower()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("130", (130, None)), ("R130", (130, "R")), ("p.Arg130", (130, "R")), ("X5", (5, "*")),
        ("(R7)", (7, "R")), ("R130Q", None), ("MY7", None), ("", None), ("9" * 10, None),
    ],
)  # fmt: skip
def test_positions(text, site):
    assert parse_site(text) == site


def test_positions_that_cannot_be():
    with pytest.raises(SubstitutionError, match="'R0': positions count from 1"):
        parse_site("R0")
    with pytest.raises(SubstitutionError, match="'MYH7': Myh is not an amino acid"):
        parse_site("MYH7")


@pytest.mark.parametrize("text", ["", "R130Q", "one two three", "ENST1", ":R130Q"])
def test_what_names_no_variant(text):
    with pytest.raises(SubstitutionError, match="transcript and a change; expected for example"):
        parse_variant(text)


def test_the_protein_has_the_last_word():
    check_protein(Variant("T", Substitution(2, "R", "Q")), "MR*")
    check_protein(Variant("T", Substitution(3, "*", "Q")), "MR*")
    for change, said in (
        (Substitution(2, "K", "Q"), "K2Q: T has R at 2, not K"),
        (Substitution(4, "K", "Q"), "K4Q: T has 3 residues; there is no position 4"),
        (Substitution(3, "K", "Q"), "no known residue at 3, not K .ask for X3Q instead"),
        (Substitution(2, "*", "Q"), "T has R at 2, not X"),
    ):
        with pytest.raises(SubstitutionError, match=said):
            check_protein(Variant("T", change), "MR*")


@pytest.mark.parametrize("text", ["(p.Arg130Gln)", "(p.R130Q)", "p.[Arg130Gln]", "P.ARG130GLN"])
def test_further_brackets(text):
    assert parse_substitution(text) == R130Q


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("R130Q:T131I", changes.SEVERAL),
        ("R130Q,T131I", changes.SEVERAL),
        ("p.[Arg130Gln;Thr131Ile]", changes.SEVERAL),
        ("p.[Arg130Gln];[Thr131Ile]", changes.SEVERAL),
        ("R130Q_T131I", changes.SEVERAL),
        ("p.Arg130Ter", changes.STOP),
        ("R130*", changes.STOP),
        ("p.Arg130fs", changes.OTHER_CHANGE),
        ("p.Arg130GlyfsTer9", changes.OTHER_CHANGE),
        ("p.Arg130_Thr131delinsGlnIle", changes.OTHER_CHANGE),
        ("p.Arg130del", changes.OTHER_CHANGE),
        ("p.=", changes.NO_CHANGE),
        ("p.?", changes.NO_CHANGE),
        ("_wt", changes.NO_CHANGE),
        ("NA", changes.NO_CHANGE),
        ("c.389G>A", changes.NO_CHANGE),
        ("R130X", changes.NOT_AMINO_ACID),
        ("R130U", changes.NOT_AMINO_ACID),
        ("R130", changes.MALFORMED),
        ("R١٣Q", changes.MALFORMED),
        ("R130ı", changes.MALFORMED),
        ("R130ſ", changes.MALFORMED),
    ],
)
def test_each_refusal_has_its_kind(text, kind):
    with pytest.raises(SubstitutionError) as raised:
        parse_substitution(text)
    assert raised.value.kind == kind


def test_a_message_is_short_and_has_no_control_character():
    with pytest.raises(SubstitutionError) as raised:
        parse_substitution("\x1b[31m" + "R" * 10_000)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 200
