"""Arrays drawn by name: the same everywhere, never near zero where that would hide something."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring import inputs
from parity.declaring.weight import Weight


def test_weights_are_drawn_as_the_golden_cases_were(golden, draw):
    case = json.loads((golden / "manifest.json").read_text())["model_add_cov_spe"]
    for name, shape in case["weights"].items():
        expected = draw(name, tuple(shape), case["seed"])
        np.testing.assert_array_equal(inputs.draw(name, tuple(shape), case["seed"]), expected)


@given(st.text(), st.integers(0, 2**32), st.integers(0, 2**32))
def test_another_seed_gives_another_array(name, one, other):
    same = np.array_equal(inputs.draw(name, (4,), one), inputs.draw(name, (4,), other))
    assert same == (one == other)


def test_drawn_weights_are_stretched_by_their_scale():
    one, ten = (Weight("a", (4,), ("a",), scale=scale) for scale in (1, 10))
    fresh, stretched = (inputs.draw_weights((weight,), 3)["a"] for weight in (one, ten))
    assert stretched.dtype == np.float32
    np.testing.assert_array_equal(stretched, 10 * fresh)


@pytest.mark.parametrize("shape", [(), (3,), (2, 5)])
def test_cotangents_are_of_size_one_half_to_three_halves(shape):
    size = np.abs(inputs.draw_cotangent("x", shape, 0))
    assert size.shape == shape
    assert (size >= 0.5).all()
    assert (size <= 1.5).all()


def test_the_largest_number_has_a_neighbour_that_is_finite():
    largest = np.finfo(np.float32).max
    for seed in range(4):
        moved = inputs.perturb("mask", np.array([largest, -largest, 1.0], np.float32), seed)
        assert moved.dtype == np.float32
        assert np.isfinite(moved).all()
        assert (np.abs(moved[:2]) < largest).all()
        assert moved[2] != 1


@pytest.mark.parametrize(
    ("values", "uniform"),
    [
        ([100, 100, 100], True),
        ([0, -10000, 0], True),
        ([0.5], True),
        ([0, 1, 1], False),
        ([0, 0, 0], False),
        ([3, 7, 3], False),
        ([np.nan, 2, 2], False),
        ([], False),
    ],
)
def test_one_number_everywhere_is_told_from_masks_and_from_several(values, uniform):
    assert inputs.is_uniform(np.array(values, np.float32)) is uniform


def test_whole_numbers_that_are_no_floats_have_no_neighbours():
    assert not inputs.is_uniform(np.array([2, 2]))
