"""Each run is made once, and fails once."""

import pytest

from parity.checking.once import OnceEach
from parity.checking.time_limit import TimeUp
from parity.errors import ParityError


class Counted:
    """A function that returns how often it was called, or raises."""

    def __init__(self, error=None):
        self.calls, self.error = 0, error

    def __call__(self):
        self.calls += 1
        if self.error:
            raise self.error
        return self.calls


def test_a_run_is_made_once_for_each_configuration():
    runs, run = OnceEach(), Counted()
    assert [runs.get("a", run), runs.get("a", run), runs.get("b", run)] == [1, 1, 2]
    assert "a" in runs
    assert runs["b"] == 2
    assert "c" not in runs


def test_a_failure_is_raised_again_without_a_run():
    runs, run = OnceEach(), Counted(ParityError("the candidate failed"))
    for _ in range(2):
        with pytest.raises(ParityError, match="the candidate failed"):
            runs.get("a", run)
    assert run.calls == 1
    assert "a" not in runs


def test_what_ran_out_of_time_is_interrupted_and_then_an_error():
    runs, run = OnceEach(), Counted(TimeUp())
    with pytest.raises(TimeUp):
        runs.get("a", run)
    with pytest.raises(ParityError, match="ran out of time under a"):
        runs.get("a", run)
    assert run.calls == 1


def test_a_copy_with_more_leaves_the_first_as_it_is():
    runs, run = OnceEach(), Counted()
    runs.get("a", run)
    more = runs.with_more({"b": 7})
    assert dict(more.items()) == {"a": 1, "b": 7}
    assert dict(runs.items()) == {"a": 1}
