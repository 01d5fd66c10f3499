"""Every transcript is scored by one process, and no process has much more to do than another."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.scoring.sharing import share
from pt_gmvp.scoring.transcripts import Task


def tasks_of(lengths):
    return [Task(f"T{n}", Path("unused"), (0, 0), length) for n, length in enumerate(lengths)]


def load(tasks):
    return sum(task.residues for task in tasks)


LENGTHS = st.lists(st.integers(1, 35_000), max_size=60)


@given(lengths=LENGTHS, size=st.integers(1, 9))
def test_all_are_shared_out_longest_first_and_evenly(lengths, size):
    tasks = tasks_of(lengths)
    shares = share(tasks, size)
    assert len(shares) == size
    assert sorted(task for each in shares for task in each) == sorted(tasks)
    for each in shares:
        assert [task.residues for task in each] == sorted(map(load, [[t] for t in each]))[::-1]
    # Graham's bound: no share is beyond the even one by more than its last task.
    for each in shares:
        if each:
            assert load(each[:-1]) <= load(tasks) / size


@given(lengths=LENGTHS, size=st.integers(1, 9), random=st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(lengths, size, random):
    tasks = tasks_of(lengths)
    shuffled = tasks.copy()
    random.shuffle(shuffled)
    assert share(shuffled, size) == share(tasks, size)


def test_a_giant_has_a_process_to_itself():
    shares = share(tasks_of([34_350] + [500] * 60), 2)
    assert [len(each) for each in shares] == [1, 60]


@pytest.mark.parametrize("size", [1, 4])
def test_nothing_to_share(size):
    assert share([], size) == [[]] * size
