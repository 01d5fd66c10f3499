"""A statement of the candidate's own code changed while it is built and run."""

import ast
import functools
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

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
        target: the function.
        statement: the statement's node.
    """

    place: Place = field(kw_only=True)
    replacements: tuple[Replacement, ...] = field(kw_only=True)
    target: "Target" = field(kw_only=True, repr=False, compare=False)
    statement: ast.stmt = field(kw_only=True, repr=False, compare=False)

    def adjoins(self, other: "OtherStatement") -> bool:
        """Return whether the other changes another part of the same statement."""
        own = [(one.start, one.end) for one in (*self.replacements, *other.replacements)]
        apart = all(one[1] <= two[0] for one, two in pairwise(sorted(own)))
        return self.statement is other.statement and apart


class Target:
    """A function whose statements are changed.

    Args:
        source: its file.
        code: its code, as it was entered.
        around: the code of entered functions that it is within: they may make it anew.
        cached: functions whose caches may hold what it computes.
    """

    def __init__(
        self,
        source: SourceText,
        code: CodeType,
        around: tuple[CodeType, ...] = (),
        cached: Sequence[Any] = (),
    ) -> None:
        self.source, self.code = source, code
        # To find them takes a while; what a file makes when it is executed anew has new code.
        self.functions = {old: functions_of(old) for old in (code, *around)}
        self.cached = tuple(cached)


class ChangedFunction:
    """A function with some of its source replaced.

    Args:
        target: the function.
        replacements: what is replaced.
    """

    def __init__(self, target: Target, replacements: tuple[Replacement, ...]) -> None:
        self.target, self._replacements = target, replacements

    @cached_property
    def _module(self) -> CodeType | None:
        """Return the code of the file with the replacements; None if it is not Python any more."""
        text = self.target.source.replaced(list(self._replacements))
        try:
            return compile(text, self.target.code.co_filename, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return None

    @cached_property
    def _new(self) -> dict[CodeType, CodeType]:
        """Return the new code of the function, and of those around it, by the present one.

        One that takes other variables from around it is left out.
        """
        made = list(codes_within(self._module)) if self._module is not None else []
        new = {old: _same(old, made) for old in self.target.functions}
        return {old: one for old, one in new.items() if one is not None}

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Run the new code in the block instead, also where the file is executed anew.

        What functions have cached is forgotten before and after. Raises ValueError if
        there is no such code.
        """
        target, module, new = self.target, self._module, self._new
        if module is None or target.code not in new:
            raise ValueError(f"{target.code.co_qualname} cannot be changed so")
        with ExitStack() as stack:
            path = Path(target.code.co_filename).resolve()
            stack.enter_context(loading_instead({path: module}))
            for old, code in new.items():
                for function in target.functions[old]:
                    stack.callback(setattr, function, "__code__", function.__code__)
                    function.__code__ = code
            for function in target.cached:
                function.cache_clear()
                stack.callback(function.cache_clear)
            yield


def _same(old: CodeType, made: Sequence[CodeType]) -> CodeType | None:
    """Return the code of the same function, if it takes the same variables from around it."""
    named = [code for code in made if code.co_qualname == old.co_qualname]
    lines = [abs(code.co_firstlineno - old.co_firstlineno) for code in named]
    if not named:
        return None
    new = named[lines.index(min(lines))]
    return new if new.co_freevars == old.co_freevars else None


def functions_of(code: CodeType) -> list[FunctionType]:
    """Return the functions that run some code."""
    found = gc.get_referrers(code)
    return [one for one in found if isinstance(one, FunctionType) and one.__code__ is code]


def codes_within(code: CodeType) -> Iterator[CodeType]:
    """Yield the code of all functions and classes that are defined within some code."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from codes_within(one)


def cached_functions() -> list[Any]:
    """Return the user's functions and methods that have a cache of functools."""
    found = []
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and is_own(file):
            held = list(vars(module).values())
            held += [one for each in held if isinstance(each, type) for one in vars(each).values()]
            found += [one for one in held if isinstance(one, _Cached)]
    return found


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
