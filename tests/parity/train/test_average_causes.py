"""Averages of weights, and the words for what they keep."""

import numpy as np
import pytest

from parity.train.average_causes import keep_words
from tests.parity.train.torch_training import cause, plain, side


def warmed(step):
    return min(0.5, (1 + step) / (10 + step))


def late(step):
    return min(0.5, step / (9 + step))


def constant(step):
    return 0.5


@pytest.mark.parametrize(
    ("average", "words"),
    [
        (constant, "keeps 0.5 in the candidate, min(0.5, (1 + t) / (10 + t)) in the reference"),
        (late, "keeps min(0.5, (1 + (t - 1)) / (10 + (t - 1))) in the candidate, min(0.5, (1 + t)"),
    ],
)
def test_a_planted_average(average, words):
    given = side(plain(), average=warmed), side(plain(), average=average)
    found = cause(*given, steps=2, averages=True)
    assert words in found
    assert "ema/first/kernel, ema/first/bias, ema/second/kernel and 1 more: the average" in found


def test_an_average_and_a_rate_at_once():
    given = side(plain(), average=constant), side(plain(0.1), average=warmed)
    found = cause(*given, steps=2, averages=True)
    assert "the candidate's learning rate is 1.6 times the reference's" in found
    assert "; and ema/first/kernel" in found


def test_words():
    steps = np.arange(1, 9)
    assert keep_words(np.full(8, 0.9)) == "0.9"
    assert keep_words((1 + steps) / (10 + steps)) == "(1 + t) / (10 + t)"
    assert keep_words((steps - 1) / steps) == "(t - 1) / t (the mean over steps)"
    assert keep_words(np.r_[0.1, 0.3, 0.2, np.full(5, 0.4)]) == "0.1, 0.3, 0.2, 0.4, 0.4, 0.4, ..."
