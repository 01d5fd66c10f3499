"""Fresh weights: right samples pass, the usual wrong initial values do not."""

import numpy as np
import pytest

from parity.judging.distributions import compare

SIZE = 20_000


def uniform(limit: float, seed: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-limit, limit, size)


@pytest.mark.parametrize("seed", range(50))
def test_two_samples_of_one_distribution_pass(seed):
    assert compare(uniform(0.1, seed), uniform(0.1, seed + 1000)).same


@pytest.mark.parametrize(
    ("candidate", "what"),
    [
        (uniform(0.08, 1), "another limit"),
        (np.random.default_rng(1).normal(0, 0.1 / 3**0.5, SIZE), "normal of the same variance"),
        (uniform(0.1, 1) + 0.02, "shifted"),
        (np.zeros(SIZE), "zeros"),
        (np.full(SIZE, np.nan), "NaN"),
    ],
)
def test_another_distribution_does_not(candidate, what):
    assert not compare(uniform(0.1, 0), candidate).same, what


def test_constants_must_be_equal():
    assert compare(np.zeros(5), np.zeros(5)).same
    assert not compare(np.zeros(5), np.ones(5)).same
    assert not compare(np.zeros(5), uniform(0.1, 0, 5)).same


@pytest.mark.parametrize("seed", range(50))
def test_a_few_hundred_values_tell_one_glorot_rule_from_another(seed):
    """Keras' fans of (1, 1, 24) are 1 and 24, a common reading of them is 24 and 24."""
    keras, other = (6 / 25) ** 0.5, (6 / 48) ** 0.5
    assert compare(uniform(keras, seed, 384), uniform(keras, seed + 1000, 384)).same
    assert not compare(uniform(keras, seed, 384), uniform(other, seed + 1000, 384)).same
