"""Calibration: right probabilities are not blamed, wrong ones are, and in words."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.analysis.diagnosis import calibration
from pt_gmvp.analysis.diagnosis.estimates import CHANCE
from pt_gmvp.analysis.diagnosis.findings import Fault


def drawn(number, seed, bend=lambda logit: logit):
    random = np.random.default_rng(seed)
    logit = 1.5 * random.standard_normal(number)
    labels = (random.random(number) < 1 / (1 + np.exp(-logit))).astype(float)
    return labels, 1 / (1 + np.exp(-bend(logit)))


@given(st.integers(0, 2**32 - 1), st.integers(1, 300))
def test_bins_part_the_variants_evenly_and_never_equals(seed, number):
    p = np.random.default_rng(seed).random(number).round(1)
    rows = calibration.bins_of(p)
    assert sorted(np.concatenate(rows).tolist()) == list(range(number))
    for one, other in pairwise(rows):
        assert p[one].max() < p[other].min()
    distinct = calibration.bins_of(np.random.default_rng(seed).random(number))
    sizes = [len(each) for each in distinct]
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(0, 2**32 - 1))
def test_labels_that_are_the_shares_have_no_error(seed):
    # Of ten variants at p tenths, p are harmful: calibrated to the digit.
    random = np.random.default_rng(seed)
    tenths = random.permutation(np.repeat(np.arange(1, 10), 10))
    p = tenths / 10
    labels = np.zeros(90)
    for tenth in range(1, 10):
        labels[np.flatnonzero(tenths == tenth)[:tenth]] = 1
    rows = [np.flatnonzero(tenths == tenth) for tenth in range(1, 10)]
    assert calibration._error(labels, p, rows) == pytest.approx(0, abs=1e-12)
    intercept, slope, chance = calibration.regression(labels, p, None)
    assert intercept.value == pytest.approx(0, abs=1e-6)
    assert slope.value == pytest.approx(1, abs=1e-6)
    assert chance == pytest.approx(1, abs=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_order_does_not_matter(seed):
    random = np.random.default_rng(seed)
    labels, p = drawn(60, seed)
    genes, order = random.integers(0, 6, 60), random.permutation(60)
    one = calibration.regression(labels, p, list(genes))
    other = calibration.regression(labels[order], p[order], list(genes[order]))
    np.testing.assert_allclose(one[0] + one[1], other[0] + other[1], rtol=1e-7, atol=1e-7)


def test_right_probabilities_are_blamed_as_seldom_as_said():
    data = [drawn(300, seed) for seed in range(300)]
    found = [calibration.regression(labels, p, None)[2] for labels, p in data]
    # p is uniform: a tenth of them lies below 0.1.
    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.05)
    assert sum(p < CHANCE for p in found) <= 3


@pytest.mark.parametrize(
    ("bend", "word"),
    [
        (lambda logit: 3 * logit, "overconfident"),
        (lambda logit: logit / 3, "underconfident"),
        (lambda logit: logit + 1, "too high"),
        (lambda logit: logit - 1, "too low"),
    ],
)
def test_what_is_off_is_said(bend, word):
    found = calibration.measure(*drawn(1000, 1, bend))
    (told,) = calibration.answer(found, 3).findings
    assert told.fault is Fault.MISCALIBRATED
    assert word in told.text
    assert found.error > found.by_chance.value + 3 * found.by_chance.error


def test_brier_and_its_yardstick():
    labels, p = drawn(500, 2)
    found = calibration.measure(labels, p)
    assert found.brier == pytest.approx(np.mean((labels - p) ** 2))
    assert found.brier < found.brier_share == pytest.approx(labels.var())
    assert sum(each.variants for each in found.bins) == 500


def test_classes_that_are_told_apart_have_no_slope():
    labels = (np.arange(40) >= 20).astype(float)
    p = np.linspace(0.3, 0.7, 40)
    _, slope, chance = calibration.regression(labels, p, None)
    assert str(slope) == "undefined"
    assert chance == 1
