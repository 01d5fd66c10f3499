"""Orders of the amino acids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.order import CHEMISTRY, order_of


def test_orders():
    assert order_of("chemistry") is CHEMISTRY
    for text in ("chemistry", "alphabet", "hydropathy", AMINO_ACIDS[::-1], AMINO_ACIDS.lower()):
        assert sorted(order_of(text).letters) == sorted(AMINO_ACIDS)
    assert order_of(AMINO_ACIDS[::-1]).letters == AMINO_ACIDS[::-1]
    for text in ("size", AMINO_ACIDS[:-1], AMINO_ACIDS[:-1] + "A"):
        with pytest.raises(InputError, match="expected chemistry, alphabet, hydropathy"):
            order_of(text)


def test_groups_of_the_chemistry_are_named_and_others_are_not():
    assert "FWY" in dict(CHEMISTRY.groups)["aromatic"]
    assert [group.name for group in order_of("Hydropathy").groups] == [""]
    assert order_of("hydropathy").letters[0] == "I"
    assert order_of("hydropathy").letters[-1] == "R"


@given(st.permutations(AMINO_ACIDS))
def test_every_permutation_is_an_order(letters):
    order = order_of("".join(letters))
    assert order.letters == order.name == "".join(letters)
