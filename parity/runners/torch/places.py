"""Places in a candidate's own source from which PyTorch's functions and modules are called."""

import functools
import inspect
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

import parity
from parity.declaring.source_edits import Place, Written

_ENGINE = Path(parity.__file__).resolve().parent
# Ports that ship with the engine are users' code too.
_PORTS = _ENGINE / "ports"
_LAYING_OUT = {
    str(Path(__file__).with_name(name)) for name in ("__init__.py", "models.py", "recorded.py")
}
_LIBRARIES = ("torch", "einops", "numpy", "typing_extensions")

_made: "WeakKeyDictionary[nn.Module, Place]" = WeakKeyDictionary()


@contextmanager
def noting_modules() -> Iterator[None]:
    """Note, for every module that is made in the block, where the candidate's code makes it."""
    original = nn.Module.__init__

    @functools.wraps(original)
    def noted(self: nn.Module, *args: Any, **kwargs: Any) -> None:
        _, place = _candidates_frame(sys._getframe(1))
        if place is not None:
            _made[self] = place
        original(self, *args, **kwargs)

    nn.Module.__init__ = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        nn.Module.__init__ = original  # type: ignore[method-assign]


def caller_outside(file: str) -> FrameType | None:
    """Return the innermost frame, from the caller on, that runs code of another file."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == file:
        frame = frame.f_back
    return frame


def is_engines_own(frame: FrameType | None) -> bool:
    """Return whether a frame runs code of the engine that lays out what a side takes and returns.

    Other code of the engine's stands for calls of the candidate: those that are done otherwise.
    """
    return frame is not None and frame.f_code.co_filename in _LAYING_OUT


def find_written(
    frame: FrameType | None, func: Callable[..., Any], parameters: tuple[str, ...]
) -> Written:
    """Return where a call is written.

    Args:
        frame: the frame that makes it.
        func: the function that is called.
        parameters: the names of its arguments.
    """
    modules, called = _candidates_frame(frame)
    name = getattr(func, "__name__", "")
    written = Written(
        called,
        parameters=parameters,
        method=getattr(torch.Tensor, name, None) is func,
        reflected=name.startswith("__r") and name not in ("__repr__", "__reversed__"),
    )
    if not modules:
        return written
    inner = modules[0]
    pairs = list(pairwise(modules))
    around = list(modules[1].children()) if _is_sequence(modules[1:2]) else []
    listed = inner in around and _is_within(_made.get(inner), _made.get(modules[1]))
    return Written(
        called,
        _made.get(inner),
        type(inner).__name__,
        _constructor(inner),
        parameters,
        listed=listed,
        path=_path(inner, frame) if listed else "",
        behind=len(around) - around.index(inner) - 1 if listed else 0,
        first=all(_child(outer, 0) is one for one, outer in pairs),
        last=all(_child(outer, -1) is one for one, outer in pairs),
    )


def find_named(frame: FrameType | None) -> dict[str, torch.Tensor]:
    """Return the tensors that the candidate's own code has names for where it makes a call."""
    own = candidates_own(frame)
    return {
        name: value
        for name, value in (own.f_locals.items() if own is not None else ())
        if name.isidentifier() and isinstance(value, torch.Tensor)
    }


def candidates_own(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the candidate's own code that a library's is called from, if it is."""
    while frame is not None and _belongs_to(frame.f_code.co_filename) == "library":
        frame = frame.f_back
    if frame is None or _belongs_to(frame.f_code.co_filename) != "candidate":
        return None
    return frame


def _is_sequence(modules: list[nn.Module]) -> bool:
    return bool(modules) and type(modules[0]) is nn.Sequential


def _path(module: nn.Module, frame: FrameType | None) -> str:
    """Return the path of a module within the outermost one that runs."""
    outermost = module
    while frame is not None:
        found = frame.f_locals.get("self")
        if isinstance(found, nn.Module):
            outermost = found
        frame = frame.f_back
    return next((name for name, one in outermost.named_modules() if one is module), "")


def _is_within(inner: Place | None, outer: Place | None) -> bool:
    """Return whether an expression is part of another one."""
    if inner is None or outer is None or inner.file != outer.file:
        return False
    starts = (outer.line, outer.column) <= (inner.line, inner.column)
    return starts and (inner.end_line, inner.end_column) < (outer.end_line, outer.end_column)


def _child(module: nn.Module, place: int) -> nn.Module | None:
    children = list(module.children()) if isinstance(module, nn.Sequential) else []
    return children[place] if children else None


def _constructor(module: nn.Module) -> tuple[str, ...]:
    """Return the arguments of the constructor of a module, of torch's own class if it derives."""
    for base in type(module).__mro__:
        if base.__module__.partition(".")[0] == "torch":
            return tuple(inspect.signature(base).parameters)
    return ()


def _candidates_frame(frame: FrameType | None) -> tuple[list[nn.Module], Place | None]:
    """Return the innermost expression of the candidate's own code, and what torch runs within it.

    These are torch's own modules, the innermost first.
    """
    modules: list[nn.Module] = []
    while frame is not None:
        belongs = _belongs_to(frame.f_code.co_filename)
        if belongs == "engine":
            break
        if belongs == "candidate":
            return modules, _place(frame)
        module = frame.f_locals.get("self") if frame.f_code.co_name == "forward" else None
        if isinstance(module, nn.Module) and module not in modules:
            modules.append(module)
        frame = frame.f_back
    return modules, None


@functools.cache
def _belongs_to(file: str) -> str:
    """Return whose a file is: "engine", "library" or "candidate"."""
    if file.startswith("<"):
        return "library"
    path = Path(file).resolve()
    if path.is_relative_to(_ENGINE) and not path.is_relative_to(_PORTS):
        return "engine"
    libraries = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    installed = Path(sysconfig.get_path("purelib")).resolve()
    libraries += [installed / name for name in _LIBRARIES]
    libraries.append(Path(torch.__file__).resolve().parent)
    if any(path.is_relative_to(library) for library in libraries[2:]):
        return "library"
    in_stdlib = any(path.is_relative_to(library) for library in libraries[:2])
    return "library" if in_stdlib and "site-packages" not in path.parts else "candidate"


def _place(frame: FrameType) -> Place:
    code = frame.f_code
    found = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    line, end_line, column, end_column = found
    if line is None or end_line is None or column is None or end_column is None:
        return Place(code.co_filename, frame.f_lineno, frame.f_lineno)
    return Place(code.co_filename, line, end_line, column, end_column)
