"""What an input may hold: as its own values tell, and within what is declared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parity.declaring.domains import Domain, derived, domains

FLOATS = arrays.arrays("f4", (3, 4), elements=st.floats(-(2.0**60), 2.0**60, width=32))


@pytest.mark.parametrize(
    ("values", "low", "high", "integer"),
    [
        ([0.0, 1.0, 1.0], 0, 1, True),
        ([0.0, 7.0, 3.0], 0, 7, True),
        ([0.5, 0.25], 0, 1, False),
        ([0.5, 25.0], 0, np.inf, False),
        ([-0.5, 25.0], -np.inf, np.inf, False),
        ([0.0, 0.0], 0, 1, False),
    ],
)
def test_what_values_tell(values, low, high, integer):
    assert derived("x", np.array(values, np.float32)) == Domain("x", low, high, integer)


def test_what_tells_nothing_is_left_alone():
    assert derived("x", np.zeros((0, 3))).fixed
    assert derived("x", np.array(["a"])).fixed
    assert derived("x", np.array([1.0, np.nan])).fixed


def test_what_is_declared_counts_alone():
    given_arrays = {"x": np.ones((2, 3), np.float32), "y": np.array([3, 9])}
    declared = (Domain("x", 0, 5), Domain("x", 0, 9))
    assert [*domains(given_arrays, declared)] == [*declared, Domain("y", 3, 9, integer=True)]


def test_zeros_of_either_sign_are_two_values_and_only_where_there_are_signs():
    signs = [bool(np.signbit(v)) for v in Domain("x").values() if v == 0]
    assert signs == [False, True]
    assert all(not np.signbit(v) for v in Domain("x", 0, 5).values())
    assert any(np.signbit(v) for v in Domain("x", 0, 5, special=(-0.0,)).values())


@given(array=FLOATS, seed=st.integers(0, 99))
def test_what_is_drawn_is_usual(array, seed):
    domain = derived("x", array)
    drawn = domain.draw(np.random.default_rng(seed), array)
    assert (drawn.shape, drawn.dtype) == (array.shape, array.dtype)
    assert (drawn >= np.float32(domain.low)).all()
    assert (drawn <= np.float32(domain.high)).all()
    if domain.integer:
        assert (drawn == np.trunc(drawn)).all()


def test_boundaries_are_tried_with_their_neighbours_where_the_domain_allows_them():
    found = Domain("x", -1, 1).with_boundaries([0.5, 3.0])
    up, down = np.nextafter(np.float32(0.5), np.array([1, 0], np.float32))
    assert set(found.special) == {0.5, float(up), float(down)}
    assert Domain("codes", 0, 9, integer=True).with_boundaries([2.0, 2.5, 11]).special == (2.0,)
    assert Domain("x").with_boundaries([]) == Domain("x")


def test_a_mixture_holds_codes_or_boundaries_and_no_number_that_drowns_them():
    assert Domain("x").mixed_values() == ()
    assert Domain("x", special=(0.3,)).mixed_values() == (0.0, 1.0, -1.0, 0.3)
    codes = Domain("codes", 0, 3, integer=True)
    assert codes.mixed_values() == codes.values()
