import pytest

from converters.variants.kinds.clinvar import ClinVarNames, split_name
from tests.converters.variants.test_byte_columns import column

NAME = "NM_000492.4(CFTR):c.1521T>G (p.Phe508Val)"
OTHERS = {
    "NM_000492.4(CFTR):c.1521-3T>G": ("no change of a protein", False),
    "NM_000492.4(CFTR):c.1522del (p.Gly509fs)": ("not a substitution of one residue", False),
    "NM_000492.4(CFTR):c.1624G>T (p.Gly542Ter)": ("gains or loses a stop", False),
    "NM_000492.4(CFTR):c.1521T>C (p.Phe508=)": ("keeps the residue", False),
    "GRCh38/hg38 7q31.2(chr7:117480025)x1": ("no change of a protein", False),
    "NM_000492.4(CFTR):c.1_2del (p.Foo508Val)": (
        "substitute is not one of the 20 amino acids",
        True,
    ),
}


def test_the_parts_of_a_name():
    assert split_name(NAME) == ("NM_000492.4", "CFTR", "p.Phe508Val")
    assert split_name("x") == ("x", "", "")


@pytest.mark.parametrize("make", [list, column])
def test_names(make):
    parsed = ClinVarNames(0).parse([make([NAME, *OTHERS, NAME])])
    assert parsed.row.tolist() == [0, len(OTHERS) + 1]
    assert [list(ids) for ids in parsed.ids] == [["NM_000492.4"] * 2, ["CFTR"] * 2]
    assert [(fault.kind, fault.failed) for fault in parsed.faults] == list(OTHERS.values())
    (only,) = ClinVarNames(0).parse([make([NAME])]).position
    assert only == 508
