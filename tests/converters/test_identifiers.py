"""Names that are nearly right, and names without their version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.identifiers import (
    Names,
    choose,
    fits,
    names_in,
    near,
    spellings,
    without_version,
)

GENES = {"PTEN", "TP53", "BRCA1", "BRCA2", "ENST00000371953"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PTN", "did you mean PTEN?"),
        ("pten", "did you mean PTEN?"),
        ("BRAC1", "did you mean BRCA1?"),
        ("BRCA3", "did you mean BRCA2 or BRCA1?"),
        ("ENST00000371593", "did you mean ENST00000371953?"),
        ("ENST00000371953.8", "did you mean ENST00000371953?"),
        ("TITIN", "there are 5: BRCA1, BRCA2, ENST00000371953, ..."),
        ("", "there are 5: BRCA1, BRCA2, ENST00000371953, ..."),
    ],
)
def test_near_names(name, said):
    assert near(name, GENES) == said


def test_what_there_is_is_counted():
    known = {f"P{n}" for n in range(1200)}
    assert near("ENST1", known) == "there are 1,200: P0, P1, P10, ..."
    assert near("ENST1", known, "genes") == "there are 1,200 genes: P0, P1, P10, ..."
    assert near("ENST1", {"P"}, "genes") == "there are 1 genes: P"
    assert near("ENST1", set()) == "there are none for any transcript"
    assert near("ENST1", set(), "genes") == "there are no genes"


@given(st.text("ABN_.", max_size=8), st.integers(0, 99))
def test_a_version_is_what_stands_behind_the_last_dot(stem, version):
    if stem:
        assert without_version(f"{stem}.{version}") == stem
        assert spellings(f"{stem}.{version}") == [f"{stem}.{version}", stem]
    for name in ("", "HLA-A", "AC012.A", ".7", "ENST1."):
        assert without_version(name) == name
        assert spellings(name) == [name]


@pytest.mark.parametrize(
    ("asked", "known", "found"),
    [
        ("T", ["T", "T.1", "T.2"], "T"),
        ("T.1", ["T", "T.1"], "T.1"),
        ("T.1", ["T", "T.2"], "T"),
        ("T", ["T.7", "U", "TT"], "T.7"),
        ("T.1", ["T.2"], None),
        ("T", ["T.x", "T.1.2"], None),
        ("T", [], None),
    ],
)
def test_versions_fit_both_ways(asked, known, found):
    assert choose(asked, known, "here") == found
    assert Names(known, "here").find(asked) == found
    assert found is None or fits(asked, found)
    assert found is None or fits(found, asked)


@pytest.mark.parametrize(
    "find", [choose, lambda name, known, where: Names(known, where).find(name)]
)
def test_of_several_versions_none_is_guessed(find):
    with pytest.raises(InputError) as caught:
        find("T", ["T.2", "T.1"], "f")
    assert str(caught.value) == "f: T is there as T.1 and as T.2; name one of them"


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (">ENST1.2 similar to ENST2", ["ENST1.2"]),
        ("sp|P1|A_HUMAN Protein", ["sp|P1|A_HUMAN", "sp", "P1", "A_HUMAN"]),
        ("0003_ENST1", ["0003_ENST1", "ENST1"]),
        ("ENST1,PTEN", ["ENST1,PTEN", "ENST1", "PTEN"]),
        ("", []),
        ("> ", []),
    ],
)
def test_the_ids_in_a_name_line(header, names):
    assert names_in(header) == names
