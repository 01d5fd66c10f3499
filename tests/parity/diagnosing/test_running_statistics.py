"""Running statistics measured over two steps, in numpy."""

import numpy as np
import pytest

from parity.declaring.trace import Task
from parity.diagnosing.running_statistics import statistics_causes
from parity.runners.training_session import state_name

START = np.array([1.0, 2.0, 0.5], np.float32)
STATISTIC = np.array([0.3, 1.7, 2.5])


def steps(keeps=0.9, factor=1.0, name="v"):
    found, value = {}, START.astype(np.float64)
    for step in (1, 2):
        value = keeps * value + (1 - keeps) * STATISTIC * factor
        found[state_name(name, step)] = value
    return found


def causes(reference, candidate, state=("v",)):
    task = Task({}, {}, {"v": START, "w": START}, (), (), 1)
    return [cause.what for cause in statistics_causes((reference, candidate), task, state)]


def test_equal_statistics_have_no_cause():
    assert causes(steps(), steps()) == []


@pytest.mark.parametrize("count", [2, 9, 72, 4000])
def test_a_factor_of_n_over_n_minus_1_is_named(count):
    (what,) = causes(steps(), steps(factor=count / (count - 1)))
    assert "unbiased in the candidate and biased in the reference" in what
    assert f"N = {count} values" in what
    (what,) = causes(steps(factor=count / (count - 1)), steps())
    assert "unbiased in the reference" in what


def test_another_factor_is_a_factor():
    (what,) = causes(steps(), steps(factor=2.2))
    assert "2.2 times the reference's" in what


def test_momentum_and_factor_are_said_apart_and_names_are_joined():
    both = {**steps(), **steps(name="w")}
    found = causes(both, {**steps(0.99, 1.5), **steps(0.99, name="w")}, ("v", "w"))
    assert found[0] == (
        "momentum: running statistics keep 0.99 of their value in the candidate, 0.9 in the "
        "reference (v, w)"
    )
    assert "N = 3 values (v)" in found[1]


def test_no_update_is_named():
    still = dict.fromkeys(steps(), START.astype(np.float64))
    assert "the candidate does not update" in causes(steps(), still)[0]
    assert "the reference does not update" in causes(still, steps())[0]
    assert causes(still, still) == []


def test_what_is_no_average_is_not_explained():
    grown = {name: START * 2.0**step for step, name in enumerate(steps(), 1)}
    assert causes(steps(), grown) == []
    # Nor is one whose statistic differs element by element.
    other = steps()
    other[state_name("v", 1)] = other[state_name("v", 1)] + np.array([0, 0.1, 0])
    assert causes(steps(), other) == []
