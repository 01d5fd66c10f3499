"""Translation to the syntax of Python 3.8."""

import ast

from parity.runners.remote.older_syntax import in_older_syntax

SOURCE = '''
"""Module."""
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cache
from typing import Any, ParamSpec, TypeGuard

P = ParamSpec("P")
Names = dict[str, Callable[[int], str]]

def f(x: int | None, named: Mapping[str, Any] = {}) -> TypeGuard[int]:
    with (nullcontext(1) as one, nullcontext(2) as two):
        held = {"a": one} | named
    held |= {"b": two}
    pairs = list(zip("ab", [1, 2], strict=True))
    return held, pairs, "abc".removeprefix("a"), isinstance(x, int | str), set[int]()

@cache
def g() -> int:
    return 1
'''


def test_what_is_translated_is_older_and_does_the_same() -> None:
    older = in_older_syntax(SOURCE)
    ast.parse(older, feature_version=(3, 8))
    for newer in (" | ", "|=", "strict", ".removeprefix", "TypeGuard", "dict[", "import cache"):
        assert newer not in older.replace("x: int | None", "").replace("-> TypeGuard[int]", ""), (
            newer
        )
    found: dict[str, object] = {}
    exec(compile(older, "older", "exec"), found)
    assert found["f"](1, {"c": 3}) == (  # type: ignore[operator]
        *({"a": 1, "c": 3, "b": 2}, [("a", 1), ("b", 2)], "bc", True, set()),
    )
    assert found["g"]() == 1  # type: ignore[operator]
    assert found["__doc__"] == "Module."
