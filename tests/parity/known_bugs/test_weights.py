"""Weights allow exactly the bugs that their names and shapes make possible."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.declaring.known_bug import ChangedWeights
from parity.declaring.weight import Weight
from parity.known_bugs.weights import generate_weight_bugs

KERNEL = np.arange(6.0).reshape(2, 3)


def weight(name, *shape, keys=None):
    return Weight(name, shape, keys or (name,))


def names(*weights, thorough=False):
    return [bug.name for bug in generate_weight_bugs(weights, thorough)]


def change(bug_name, weights, arrays):
    (bug,) = (b for b in generate_weight_bugs(weights, thorough=False) if b.name == bug_name)
    assert isinstance(bug.change, ChangedWeights)
    return bug.change.apply(arrays)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((3, 3), {"kernel not transposed", "first row repeated for every row", "rows reversed"}),
        (
            (2, 3),
            {
                "kernel reshaped instead of transposed",
                "first row repeated for every row",
                "rows reversed",
            },
        ),
        ((3,), {"left at zero, never loaded"}),
        ((1, 3), {"left at zero, never loaded"}),
        ((1,), set()),
        (
            (2, 3, 4),
            {
                "axes 0 and 1 swapped",
                "axes 1 and 2 swapped",
                "first row repeated for every row",
                "rows reversed",
            },
        ),
        (
            (3, 3, 1, 4),
            {
                "axes 0 and 1 swapped",
                "axes 1 and 3 swapped",
                "kernel rotated by 180 degrees, as in a true convolution",
                "first row repeated for every row",
                "rows reversed",
            },
        ),
    ],
)
def test_one_weight_allows_bugs_by_its_shape(shape, expected):
    assert set(names(weight("w", *shape))) == {f"{what} (w)" for what in expected}


def test_two_biases_held_by_two_keys_may_be_summed_or_swapped():
    bias = weight("bias", 2, 6, keys=("b_ih", "b_hh"))
    held = {"bias": np.arange(12.0).reshape(2, 6)}
    summed = change("two biases summed into one (bias)", (bias,), held)["bias"]
    np.testing.assert_array_equal(summed, [held["bias"].sum(0), np.zeros(6)])
    swapped = change("two biases swapped (bias)", (bias,), held)["bias"]
    np.testing.assert_array_equal(swapped, held["bias"][::-1])
    assert "rows reversed (bias)" not in names(bias)


def test_a_reshaped_kernel_has_the_buffer_of_the_right_one():
    found = change(
        "kernel reshaped instead of transposed (w)", (weight("w", 2, 3),), {"w": KERNEL}
    )["w"]
    assert found.shape == KERNEL.shape
    np.testing.assert_array_equal(found.T.ravel(), KERNEL.ravel())


def test_weights_of_one_shape_are_swapped_and_all_pairs_if_thorough():
    weights = [weight(name, 4) for name in "abc"] + [weight("d", 5)]
    what = "loaded under each other's names"
    assert [name for name in names(*weights) if what in name] == [
        f"{what} (a, b)",
        f"{what} (b, c)",
    ]
    assert f"{what} (a, c)" in names(*weights, thorough=True)
    swapped = change(f"{what} (a, b)", weights, dict(zip("abcd", range(4), strict=True)))
    assert swapped == {"a": 1, "b": 0, "c": 2, "d": 3}


def test_a_positive_weight_is_not_swapped_with_another():
    variance = Weight("variance", (4,), ("variance",), positive=True)
    assert not any("each other" in name for name in names(weight("mean", 4), variance))


@pytest.mark.parametrize(("gates", "orders"), [(3, 5), (4, 23)])
def test_gates_of_a_recurrent_cell_are_reordered_together_and_one_by_one(gates, orders):
    cell = [weight("cell/kernel", 5, 2 * gates), weight("cell/recurrent_kernel", 2, 2 * gates)]
    for thorough, count in ((False, gates - 1), (True, orders)):
        found = [name for name in names(*cell, thorough=thorough) if name.startswith("gates")]
        assert len(found) == count * 3
        assert sum(name.endswith("(cell)") for name in found) == count


def test_gates_change_places_as_said():
    cell = (weight("cell/recurrent_kernel", 1, 3),)
    held = {"cell/recurrent_kernel": np.array([[1.0, 2.0, 3.0]])}
    found = change("gates in the order r, z, h instead of z, r, h (cell)", cell, held)
    np.testing.assert_array_equal(found["cell/recurrent_kernel"], [[2.0, 1.0, 3.0]])


@pytest.mark.parametrize("shape", [(2, 5), (2, 10), (6,)])
def test_other_recurrent_kernels_have_no_gates(shape):
    assert not any("gates" in name for name in names(weight("cell/recurrent_kernel", *shape)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=0, max_size=4))
def test_every_bug_keeps_names_and_shapes(shape):
    weights = (weight("one", *shape), weight("other", *shape))
    arrays = {w.name: np.random.default_rng(1).normal(size=shape) for w in weights}
    for bug in generate_weight_bugs(weights, thorough=True):
        assert isinstance(bug.change, ChangedWeights)
        changed = bug.change.apply(dict(arrays))
        assert {n: a.shape for n, a in changed.items()} == {n: a.shape for n, a in arrays.items()}
