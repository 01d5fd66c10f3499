"""Comparison of float64 numbers, and words for names and steps."""

import numpy as np

from parity.train.finding import confirmed_on, same, shorten


def test_same():
    assert same(np.array([1.0, 1e-12]), np.array([1.0, 0.0]))
    assert not same(np.array([1.0, 1e-3]), np.array([1.0, 0.0]))
    assert same(np.array([1e-9]), np.array([0.0]), scale=1.0)


def test_words():
    assert shorten(["a", "b"]) == "a, b"
    assert shorten(list("abcde")) == "a, b, c and 2 more"
    assert confirmed_on(3, 3) == "confirmed on step 3"
    assert confirmed_on(3, 9) == "confirmed on steps 3 to 9"
