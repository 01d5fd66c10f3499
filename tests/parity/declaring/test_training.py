"""Courses are determined by their seed: each record once an epoch, none of those held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring.inputs import InputSet
from parity.declaring.training import Course, split
from parity.errors import ParityError
from tests.parity.numpy_training import make


def records(count: int) -> InputSet:
    return InputSet("numbers", {"x": np.arange(count, dtype=np.float32)})


@given(
    count=st.integers(1, 30),
    size=st.integers(1, 30),
    seed=st.integers(0, 99),
)
def test_each_epoch_has_every_record_once(count, size, seed):
    size = min(size, count)
    course = Course(records(count), None, 3 * count, size, seed)
    drawn = np.concatenate([course.batch(n, make())["x"] for n in range(1, 2 * count + 1)])
    for epoch in drawn[: len(drawn) // count * count].reshape(-1, count):
        assert sorted(epoch) == list(range(count))
    assert np.array_equal(course.batch(2, make())["x"], drawn[size : 2 * size])


@given(count=st.integers(1, 40), share=st.floats(0, 0.99), seed=st.integers(0, 99))
def test_a_split_parts_all_records(count, share, seed):
    trained, held_out = split(records(count), share, seed)
    held = [] if held_out is None else list(held_out.arrays["x"])
    assert sorted([*trained.arrays["x"], *held]) == list(range(count))
    assert len(trained.arrays["x"]) > 0
    assert bool(held) == (share > 0 and count > 1)


def test_another_seed_is_another_order():
    one, other = (Course(records(20), None, 5, 8, seed) for seed in (1, 2))
    assert not np.array_equal(one.batch(1, make())["x"], other.batch(1, make())["x"])
    assert not np.array_equal(one.batch(1, make())["masks"], other.batch(1, make())["masks"])


def test_steps_of_the_table_and_of_evaluation():
    course = Course(records(8), None, 100, 4, 1)
    assert course.table_steps() == (1, 2, 5, 10, 20, 50, 100)
    assert {0, 5, 95, *course.table_steps()} <= set(course.evaluated_steps())
    assert len(course.evaluated_steps()) < 30
    assert Course(records(8), None, 1, 4, 1).evaluated_steps() == (0, 1)


def test_a_batch_of_more_than_all_is_refused():
    with pytest.raises(ParityError, match="a batch of 9 exceeds the 8 records to train on"):
        Course(records(8), None, 1, 9, 1)
