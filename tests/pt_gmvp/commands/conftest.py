"""What the tests of commands share: that a user's mistake is one line, and nothing is written."""

import os
from collections.abc import Callable

import pytest


@pytest.fixture
def fails(run: Callable[..., tuple[int, str, str]]) -> Callable[..., str]:
    """Calls the test's `run`, which must fail with one line and write nothing; gives that line."""

    def call(*arguments: object, **more: object) -> str:
        before = sorted(os.listdir())
        code, out, err = run(*arguments, **more)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert sorted(os.listdir()) == before
        return err

    return call
