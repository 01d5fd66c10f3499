"""A search has so much time, and says what it tries."""

import time

from parity.diagnosing.budget import Budget


def test_time_is_over_when_none_is_left():
    assert Budget(0).over
    budget = Budget(60)
    assert not budget.over
    assert 0 < budget.left <= 60


def test_what_is_tried_is_said():
    said = []
    Budget(1, said.append).say("softmax over axis 1")
    assert said == ["softmax over axis 1"]


def test_a_part_of_the_time_may_be_given_to_a_part_and_no_more_than_is_left():
    half = Budget(60).part(1 / 2)
    assert half.seconds == 30
    assert 0 < half.left <= 30
    assert Budget(0).part(1 / 2).over


def test_time_that_other_processes_take_does_not_count():
    budget = Budget(0.05)
    time.sleep(0.1)
    assert not budget.over
