"""The label-shuffle control: what it does to labels, and when it blames."""

import numpy as np
import pytest

from pt_gmvp.analysis.diagnosis import shuffle
from pt_gmvp.analysis.diagnosis.findings import Fault
from pt_gmvp.analysis.diagnosis.shuffle import Relabelled, Short
from pt_gmvp.config import TrainingConfig

HELD_OUT = (np.arange(400) % 2).astype(float)


def control(true, permuted, labels=HELD_OUT):
    ours, theirs = ([Short(value, 0.7, 0.6) for value in values] for values in (true, permuted))
    return shuffle.judge(40, ours, theirs, labels)


def test_labels_at_random_that_lead_to_something_are_a_fault():
    found = control([0.85, 0.86, 0.84, 0.85], [0.8, 0.82, 0.81, 0.79])
    assert found.leaks
    assert [f.fault for f in shuffle.answer(found).findings] == [Fault.CONTROL]


def test_so_are_those_that_lead_to_less_than_nothing():
    assert control([0.8] * 4, [0.2, 0.22, 0.19, 0.21]).leaks


@pytest.mark.parametrize(
    "permuted",
    [
        [0.49, 0.52, 0.5, 0.51],
        # Each far off, as a drawn model is by what it looks at, but not always the same way.
        [0.62, 0.41, 0.57, 0.36],
        # All a little off, as the same held-out variants judge them.
        [0.55, 0.56, 0.54, 0.55],
    ],
)
def test_labels_at_random_that_lead_to_nothing_are_none(permuted):
    found = control([0.8, 0.82, 0.81, 0.83], permuted)
    assert not found.leaks
    assert found.informative
    (finding,) = shuffle.answer(found).findings
    assert finding.fault is None
    assert "nothing is learned from permuted labels" in finding.text


def test_a_control_that_learns_nothing_at_all_says_so():
    found = control([0.52, 0.49, 0.5, 0.51], [0.5, 0.51, 0.49, 0.52])
    assert not found.informative
    assert "say nothing about the data" in shuffle.answer(found).findings[0].text


def test_it_blames_right_trainings_as_seldom_as_said():
    random = np.random.default_rng(0)
    blamed = sum(
        control([0.8] * 4, 0.5 + shift + 0.05 * random.standard_normal(4)).leaks
        for shift in 0.029 * random.standard_normal(400)
    )
    assert blamed <= 5


def test_the_schedule_is_fitted_into_the_steps():
    found = shuffle.shortened(TrainingConfig(), 42)
    assert (found.warmup_steps, found.decay_steps, found.batch_size) == (2, 40, 64)
    long = TrainingConfig(warmup_steps=2, decay_steps=10, batch_size=8)
    assert shuffle.shortened(long, 100) == long


def test_labels_are_permuted_and_nothing_else(split):
    labels = split.training.labels[::-1].copy()
    other = Relabelled(split.training, labels)
    batch, was = (data.__getitems__([3, 0, 5]) for data in (other, split.training))
    assert batch.label.tolist() == labels[[3, 0, 5]].tolist()
    assert batch.var_id == was.var_id
    assert (batch.feature == was.feature).all()
    assert other[4].label == labels[4]
    assert other.labels.tolist() == labels.tolist()
