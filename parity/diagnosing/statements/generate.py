"""Repairs of the candidate's statements, as bugs to be tried."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from parity.declaring.known_bug import KnownBug
from parity.declaring.port import Pair
from parity.declaring.source_edits import Place
from parity.declaring.trace import Task
from parity.diagnosing.source_text import SourceText
from parity.diagnosing.statements.changed import ChangedFunction, OtherStatement, find_function
from parity.diagnosing.statements.edits import FunctionEdits, StatementEdit
from parity.diagnosing.statements.entered import Entered, entered_functions
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
    near = list(near)
    groups: dict[int, list[tuple[int, KnownBug]]] = {}
    for one in entered:
        with suppress(OSError, SyntaxError, UnicodeDecodeError):
            for rank, distance, bug in _of_function(one, near, of_gradients):
                groups.setdefault(rank, []).append((distance, bug))
    for found in groups.values():
        found.sort(key=lambda item: item[0])
    return [[bug for _, bug in groups[rank]] for rank in sorted(groups)]


def _of_function(
    entered: Entered, near: list[Line], of_gradients: bool
) -> list[tuple[int, int, KnownBug]]:
    """Return the edits of one function, each with its rank and its distance from `near`."""
    code = entered.code
    source = SourceText(Path(code.co_filename))
    function = find_function(source, code)
    if function is None:
        return []
    lines = [line for file, line in near if file == code.co_filename]
    within = [n for n in lines if function.lineno <= n <= (function.end_lineno or n)]
    # What is only prepared is wrong less often than what is computed.
    later = 0 if within else 1 if code.co_name != "__init__" else 2
    found = []
    names, attributes = entered.names, entered.attributes
    for edit in FunctionEdits(source, function, names, attributes, of_gradients).edits():
        distance = min((abs(edit.node.lineno - line) for line in within), default=0)
        found.append((edit.rank + later, distance, _bug(source, entered, edit)))
    return found


def _bug(source: SourceText, entered: Entered, edit: StatementEdit) -> KnownBug:
    changed = ChangedFunction(source, entered.code, edit.replacements)
    line, end = edit.node.lineno, edit.node.end_lineno or edit.node.lineno
    place = Place(entered.code.co_filename, line, end)
    where = f"{entered.code.co_qualname}, line {line}"
    change = OtherStatement(changed.in_force, place=place, replacements=edit.replacements)
    return KnownBug(None, edit.what, where, change)
