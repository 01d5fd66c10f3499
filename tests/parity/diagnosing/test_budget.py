"""A search has so much time, and says what it tries."""

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
