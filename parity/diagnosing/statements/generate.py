"""Repairs of the candidate's statements, as bugs to be tried."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import combinations
from pathlib import Path

from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Pair
from parity.declaring.source_edits import Place
from parity.declaring.trace import Task
from parity.diagnosing.source_text import Replacement, SourceText
from parity.diagnosing.statements.changed import (
    ChangedFunction,
    OtherStatement,
    Target,
    cached_functions,
    codes_within,
    find_function,
)
from parity.diagnosing.statements.edits import FunctionEdits
from parity.diagnosing.statements.entered import Entered, entered_functions
from parity.diagnosing.statements.rendering import short
from parity.errors import ParityError

Line = tuple[str, int]
"""A file and a line of it."""


def generate_statements(
    pair: Pair, task: Task, dtype: str, near: Iterable[Line], of_gradients: bool = False
) -> list[list[KnownBug]]:
    """Return the candidate's statements written otherwise, likeliest first, in groups of one rank.

    Args:
        pair: the pair that fails.
        task: what it is run on.
        dtype: the dtype of the run.
        near: lines of calls that part from the reference: functions with one of them come first.
        of_gradients: whether gradients alone differ.
    """
    try:
        entered = entered_functions(pair, task, dtype)
    except ParityError:
        return []
    near, sources, cached = list(near), _sources(entered), cached_functions()
    groups: dict[int, list[tuple[int, KnownBug]]] = {}
    for one in entered:
        if one.code.co_filename not in sources:
            continue
        around = tuple(o.code for o in entered if one.code in codes_within(o.code))
        target = Target(sources[one.code.co_filename], one.code, around, cached)
        for rank, distance, bug in _of_function(one, target, near, of_gradients):
            groups.setdefault(rank, []).append((distance, bug))
    for found in groups.values():
        found.sort(key=lambda item: item[0])
    return [[bug for _, bug in groups[rank]] for rank in sorted(groups)]


def _sources(entered: Iterable[Entered]) -> dict[str, SourceText]:
    """Return the files of functions; those that cannot be read are left out."""
    found = {}
    for file in dict.fromkeys(one.code.co_filename for one in entered):
        with suppress(OSError, SyntaxError, UnicodeDecodeError):
            found[file] = SourceText(Path(file))
    return found


def _of_function(
    entered: Entered, target: Target, near: list[Line], of_gradients: bool
) -> Iterator[tuple[int, int, KnownBug]]:
    """Yield the edits of one function, each with its rank and its distance from `near`."""
    code, source = entered.code, target.source
    function = find_function(source, code)
    if function is None:
        return
    lines = [line for file, line in near if file == code.co_filename]
    within = [n for n in lines if function.lineno <= n <= (function.end_lineno or n)]
    # What is only prepared is wrong less often than what is computed.
    later = 0 if within else 1 if code.co_name != "__init__" else 2
    names, attributes = entered.names, entered.attributes
    for edit in FunctionEdits(source, function, names, attributes, of_gradients).edits():
        distance = min((abs(edit.node.lineno - line) for line in within), default=0)
        bug = _bug(target, edit.what, edit.node, edit.replacements)
        yield edit.rank + later, distance, bug


def _bug(
    target: Target, what: str, statement: ast.stmt, replacements: tuple[Replacement, ...]
) -> KnownBug:
    line, end = statement.lineno, statement.end_lineno or statement.lineno
    change = OtherStatement(
        ChangedFunction(target, replacements).in_force,
        place=Place(target.code.co_filename, line, end),
        replacements=replacements,
        target=target,
        statement=statement,
    )
    return KnownBug(None, what, f"{target.code.co_qualname}, line {line}", change)


def generate_pairs(bugs: Sequence[KnownBug], most: int) -> Iterator[KnownBug]:
    """Yield two edits of one statement together, in the order of the first; so many of each."""
    made: Counter[int] = Counter()
    for one, other in combinations(bugs, 2):
        first, second = one.change, other.change
        assert isinstance(first, OtherStatement)
        assert isinstance(second, OtherStatement)
        if made[id(first.statement)] < most and first.adjoins(second):
            made[id(first.statement)] += 1
            both = (*first.replacements, *second.replacements)
            what = short(first.target.source, first.statement, both)
            yield _bug(first.target, what, first.statement, both)
