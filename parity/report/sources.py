"""Where in a user's code a side of a pair is declared."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from parity.declaring.port import Side

_ENGINE = "parity."
_NOT_ENGINE = "parity.ports."


def declared_at(side: Side) -> tuple[Path, int] | None:
    """The file and line of what a side's factory is made from; None if no source can be had.

    A factory that the engine made (parity.declaring.parts) holds the user's model, and the name of
    the method that is the layer: that is looked for in it.
    """
    for found in _held(side.build, set()):
        module = getattr(found, "__module__", None) or ""
        if module.startswith(_ENGINE) and not module.startswith(_NOT_ENGINE):
            continue
        try:
            file = inspect.getsourcefile(found)
            line = inspect.getsourcelines(found)[1]
        except (OSError, TypeError):
            continue
        if file is not None:
            return Path(file).resolve(), max(line, 1)
    return None


def _held(thing: Any, seen: set[int]) -> Iterator[Callable[..., Any]]:
    """A function, then all that it was made from: what it wraps, is bound to, and closes over."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, partial):
        for part in (thing.func, *thing.args, *thing.keywords.values()):
            yield from _held(part, seen)
    elif inspect.isfunction(thing):
        yield thing
        held = _closed_over(thing)
        names = [name for name in held if isinstance(name, str)]
        for part in held:
            yield from _methods(part, names)
            yield from _held(part, seen)
        yield from _held(getattr(thing, "__wrapped__", None), seen)
    elif inspect.ismethod(thing):
        yield from _held(thing.__func__, seen)
    elif inspect.isclass(thing):
        yield thing


def _closed_over(function: Callable[..., Any]) -> list[Any]:
    held = []
    for cell in getattr(function, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # a cell that nothing was put into yet
            continue
    return held


def _methods(thing: Any, names: list[str]) -> Iterator[Callable[..., Any]]:
    if inspect.isclass(thing):
        for name in names:
            method = thing.__dict__.get(name)
            if inspect.isfunction(method):
                yield method
