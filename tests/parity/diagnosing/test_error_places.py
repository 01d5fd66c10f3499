"""Places of errors are described in words, and not at all where everything differs."""

import numpy as np
import pytest

from parity.diagnosing.error_places import describe_places

X = np.random.default_rng(1).normal(size=(4, 16, 6))


def place(change):
    other = X.copy()
    change(other)
    return describe_places(X, other, lambda gap: gap < 1e-12)


def raised(index):
    def change(x):
        x[index] += 1

    return change


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (np.s_[:, -2:], "the last 2 of 16 along axis 1 differ; everything else agrees"),
        (np.s_[:, 0], "the first of 16 along axis 1 differ; everything else agrees"),
        (np.s_[:, 1::2], "every second of 16 from 1 along axis 1 differ; everything else agrees"),
        (np.s_[:, 4:7], "4 to 6 of 16 along axis 1 differ; everything else agrees"),
        (np.s_[..., 2], "2 of 6 along axis 2 differ; everything else agrees"),
        (np.s_[1, :, [0, 3]], "1 of 4 along axis 0 and 0, 3 of 6 along axis 2 differ; "),
        (np.s_[:], ""),
    ],
)
def test_indices_that_differ_are_named(index, words):
    assert place(raised(index)).startswith(words)
    assert bool(place(raised(index))) == bool(words)


def test_borders_are_named():
    def change(x):
        inner = x[:, 1:-1, 1:-1].copy()
        x += 1
        x[:, 1:-1, 1:-1] = inner

    assert place(change) == "the borders of axes 1, 2 differ; everything else agrees"


def test_elements_here_and_there_are_counted():
    third = np.indices(X.shape).sum(0) % 3 == 0
    words = place(lambda x: np.copyto(x, 9, where=third))
    assert words == "128 of 384 elements differ; everything else agrees"


def test_another_order_is_said_with_its_axis():
    order = np.array([2, 0, 1, 4, 5, 3])
    words = place(lambda x: np.copyto(x, x[..., order].copy()))
    assert words == "along axis 2, the values are the reference's in another order"


def test_what_cannot_be_compared_has_no_places():
    assert describe_places(X, X[:2], lambda gap: gap == 0) == ""
    assert describe_places(X, np.full_like(X, np.nan), lambda gap: gap == 0) == ""
    assert describe_places(np.arange(3), np.arange(3), lambda gap: gap == 0) == ""
