"""Functions of the user's own code that a run of the candidate enters, and the names they know."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from parity.declaring.own_files import is_own
from parity.declaring.port import Pair
from parity.declaring.trace import Task
from parity.runners.side import run_side

Kind = tuple[object, ...]
"""Type of a value, with what must agree for one to stand for another: shapes, lengths."""


@dataclass
class Entered:
    """Function that is entered.

    Args:
        code: its code.
        names: the kinds of its local names when it last returned.
        attributes: those of the attributes of `self`.
    """

    code: CodeType
    names: dict[str, Kind] = field(default_factory=dict)
    attributes: dict[str, Kind] = field(default_factory=dict)


def entered_functions(pair: Pair, task: Task, dtype: str) -> list[Entered]:
    """Return the functions of the user's own that building and running the candidate enters.

    These include backward passes of its own, if the task has gradients, and functions within
    functions. Raises ParityError if the candidate does not run.
    """
    found: dict[CodeType, Entered] = {}

    @contextmanager
    def watched() -> Iterator[None]:
        before = sys.getprofile()
        sys.setprofile(note)
        try:
            yield
        finally:
            sys.setprofile(before)

    def note(frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        if event not in ("call", "return") or code.co_name.startswith("<"):
            return
        if code not in found and not is_own(code.co_filename):
            return
        one = found.setdefault(code, Entered(code))
        if event == "return":
            one.names.update(kinds(frame.f_locals))
            own = getattr(frame.f_locals.get("self"), "__dict__", {})
            modules = [own.get(name, {}) for name in ("_modules", "_parameters", "_buffers")]
            for held in (own, *modules):
                one.attributes.update(kinds(held))

    with watched():
        run_side(pair, "candidate", task, dtype)
    return list(found.values())


def kinds(values: Mapping[str, Any]) -> dict[str, Kind]:
    """Return the kind of each value; those of no known kind are left out."""
    found = {name: _kind(value) for name, value in values.items() if name != "self"}
    return {name: kind for name, kind in found.items() if kind}


def _kind(value: Any) -> Kind:
    if isinstance(value, bool | int | float):
        return (type(value).__name__,)
    if isinstance(value, list | tuple):
        return (type(value).__name__, len(value))
    try:
        if hasattr(value, "shape") and hasattr(value, "dtype"):
            return ("tensor", *value.shape)
        if callable(getattr(value, "named_parameters", None)):
            shapes = [tuple(one.shape) for _, one in value.named_parameters()]
            return (type(value).__name__, *shapes)
    except Exception:
        # A property of the user's own may raise anything.
        return ()
    return ()
