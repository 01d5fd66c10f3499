"""A statement of the candidate's own code changed while it is built and run."""

import ast
import functools
import gc
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import CodeType, FunctionType

from parity.declaring.known_bug import PatchedCode
from parity.declaring.own_files import is_own
from parity.declaring.source_edits import Place
from parity.diagnosing.source_text import Replacement, SourceText
from parity.syntax.loaded_code import loading_instead

_Cached = type(functools.cache(abs))


@dataclass(frozen=True)
class OtherStatement(PatchedCode):
    """Change of one function of the candidate's that rewrites a statement.

    Args:
        place: the statement.
        replacements: what changes in its file.
    """

    place: Place = field(kw_only=True)
    replacements: tuple[Replacement, ...] = field(kw_only=True)


class ChangedFunction:
    """A function with some of its source replaced.

    Args:
        source: its file.
        code: its code, as it was entered.
        replacements: what is replaced.
    """

    def __init__(
        self, source: SourceText, code: CodeType, replacements: tuple[Replacement, ...]
    ) -> None:
        self._source, self._old, self._replacements = source, code, replacements

    @cached_property
    def _module(self) -> CodeType | None:
        """Return the code of the file with the replacements; None if it is not Python any more."""
        text = self._source.replaced(list(self._replacements))
        try:
            return compile(text, self._old.co_filename, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None

    @cached_property
    def _new(self) -> CodeType | None:
        """Return the function's new code; None if it takes other variables from around it."""
        if self._module is None:
            return None
        same = [code for code in _within(self._module) if code.co_qualname == self._old.co_qualname]
        new = min(
            same, key=lambda c: abs(c.co_firstlineno - self._old.co_firstlineno), default=None
        )
        return new if new is not None and new.co_freevars == self._old.co_freevars else None

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Run the new code in the block instead, also where the file is executed anew.

        What the user's functions have cached is forgotten before and after. Raises ValueError if
        there is no such code.
        """
        module, new = self._module, self._new
        if module is None or new is None:
            raise ValueError(f"{self._old.co_qualname} cannot be changed so")
        with ExitStack() as stack:
            path = Path(self._old.co_filename).resolve()
            stack.enter_context(loading_instead({path: module}))
            for function in functions_of(self._old):
                stack.callback(setattr, function, "__code__", function.__code__)
                function.__code__ = new
            _forget_cached()
            stack.callback(_forget_cached)
            yield


def functions_of(code: CodeType) -> list[FunctionType]:
    """Return the functions that run some code."""
    found = gc.get_referrers(code)
    return [one for one in found if isinstance(one, FunctionType) and one.__code__ is code]


def _within(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _within(one)


def _forget_cached() -> None:
    """Empty the caches of functools.cache around the user's functions and methods."""
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and is_own(file):
            held = list(vars(module).values())
            held += [one for each in held if isinstance(each, type) for one in vars(each).values()]
            for one in held:
                if isinstance(one, _Cached):
                    one.cache_clear()


def find_function(
    source: SourceText, code: CodeType
) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    """Return the definition of a function in its file; None if the file has changed since."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None
