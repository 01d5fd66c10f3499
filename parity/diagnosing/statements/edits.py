"""Other statements in place of one: what is a slip of the hand, as an edit of the source."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from parity.diagnosing.source_text import Replacement, SourceText
from parity.diagnosing.statements.entered import Kind
from parity.diagnosing.statements.expressions import Names, expression_edits
from parity.diagnosing.statements.rendering import put, short

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor
_SKIPPED = (
    *(ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.Global, ast.Nonlocal),
    # Functions within functions are entered, or not, by themselves.
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)
# What these do outside of the process cannot be undone.
_OUTSIDE = ("os", "shutil", "subprocess", "socket", "requests", "Path", "open", "sys", "exit")


@dataclass(frozen=True)
class StatementEdit:
    """Another statement in place of one.

    Args:
        rank: 0 for the commonest slips, more for what is rarer or has many ways.
        node: the statement.
        what: the statement as it should be, in one line.
        replacements: what changes in the file.
    """

    rank: int
    node: ast.stmt
    what: str
    replacements: tuple[Replacement, ...]


class FunctionEdits:
    """The edits of one function's statements.

    Args:
        source: its file.
        function: its definition.
        names, attributes: the kinds of its local names and of the attributes of `self`.
        of_gradients: whether gradients alone differ.
    """

    def __init__(
        self,
        source: SourceText,
        function: Function,
        names: Mapping[str, Kind],
        attributes: Mapping[str, Kind],
        of_gradients: bool = False,
    ) -> None:
        self._source, self._function, self._of_gradients = source, function, of_gradients
        self._names = Names(names, attributes)

    def edits(self) -> Iterator[StatementEdit]:
        """Yield every edit once."""
        seen: set[tuple[Replacement, ...]] = set()
        for edit in self._of_block(self._function.body, None):
            if edit.replacements not in seen:
                seen.add(edit.replacements)
                yield edit

    def _of_block(self, block: Sequence[ast.stmt], loop: Loop | None) -> Iterator[StatementEdit]:
        # A loop over a condition may never end if it is changed.
        own = [one for one in block if not isinstance(one, ast.While) and not _is_left_alone(one)]
        for statement in own:
            yield from self._of_statement(statement)
            inner = statement if isinstance(statement, Loop) else loop
            for name in ("body", "orelse", "finalbody"):
                if isinstance(nested := getattr(statement, name, None), list):
                    yield from self._of_block(nested, inner)
            if isinstance(statement, Loop):
                yield from self._out_of(statement)
        for one, other in pairwise(block):
            if one in own and other in own:
                yield from self._exchanged(one, other)
                yield from self._into_a_loop(one, other)
        if loop is not None and block is loop.body and len(own) > 2:
            yield from self._moved_within(own)

    def _of_statement(self, statement: ast.stmt) -> Iterator[StatementEdit]:
        if isinstance(statement, ast.Assign):
            yield from self._accumulated(statement)
        if isinstance(statement, ast.AugAssign):
            yield from self._overwritten(statement)
        if isinstance(statement, ast.If):
            yield self._edit(0, statement, put(self._source, statement.test, "not ({})"))
        for rank, *replacements in expression_edits(
            self._source, statement, self._names, self._of_gradients
        ):
            yield self._edit(rank, statement, *replacements)
        if isinstance(statement, _SIMPLE):
            nothing = put(self._source, statement, "pass")
            yield StatementEdit(1, statement, f"without {self._short(statement)}", (nothing,))

    def _accumulated(self, statement: ast.Assign) -> Iterator[StatementEdit]:
        """Yield sums and products with what the target holds already."""
        target = statement.targets[0]
        if isinstance(target, ast.Tuple | ast.List):
            return
        held = ast.unparse(target)
        if isinstance(target, ast.Name) and not self._is_bound_before(target):
            return
        for rank, sign in ((0, "+"), (2, "*")):
            value = put(self._source, statement.value, f"{held} {sign} {{}}", operand=True)
            yield self._edit(rank, statement, value)

    def _is_bound_before(self, target: ast.Name) -> bool:
        arguments = self._function.args
        given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if any(one.arg == target.id for one in given):
            return True
        stored = [
            node
            for node in ast.walk(self._function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        ]
        return any(one.id == target.id and one.lineno < target.lineno for one in stored)

    def _overwritten(self, statement: ast.AugAssign) -> Iterator[StatementEdit]:
        """Yield the value alone, in place of a sum or product with what the target held."""
        source = self._source
        between = Replacement(source.end(statement.target), source.start(statement.value), " = ")
        yield self._edit(0, statement, between)

    def _exchanged(self, one: ast.stmt, other: ast.stmt) -> Iterator[StatementEdit]:
        """Yield two statements in the other order, if one uses what the other changes."""
        if not _depend(one, other) or isinstance(other, ast.Return):
            return
        texts = [self._source.plain(each) for each in (one, other)]
        exchanged = tuple(
            Replacement(self._source.start(node), self._source.end(node), text)
            for node, text in zip((one, other), reversed(texts), strict=True)
        )
        what = f"{self._short(other)} before {self._short(one)}"
        yield StatementEdit(0, one, what, exchanged)

    def _into_a_loop(self, one: ast.stmt, other: ast.stmt) -> Iterator[StatementEdit]:
        """Yield what stands before or behind a loop moved into it."""
        if isinstance(other, Loop):
            yield from self._moved(one, other.body[0], before=True, what="in each turn of the loop")
        if isinstance(one, Loop):
            last = one.body[-1]
            yield from self._moved(other, last, before=False, what="in each turn of the loop")

    def _out_of(self, loop: Loop) -> Iterator[StatementEdit]:
        """Yield the first statement of a loop moved before it, and the last one behind it."""
        if len(loop.body) > 1:
            yield from self._moved(loop.body[0], loop, before=True, what="before the loop")
            yield from self._moved(loop.body[-1], loop, before=False, what="behind the loop")

    def _moved_within(self, block: Sequence[ast.stmt]) -> Iterator[StatementEdit]:
        first, last = block[0], block[-1]
        yield from self._moved(first, last, before=False, what="at the end of the loop")
        yield from self._moved(last, first, before=True, what="at the start of the loop")

    def _moved(
        self, node: ast.stmt, to: ast.stmt, before: bool, what: str
    ) -> Iterator[StatementEdit]:
        """Yield a statement moved before or behind another, if it has its lines for itself."""
        source = self._source
        lines = source.lines_of(node), source.lines_of(to)
        if not isinstance(node, _SIMPLE) or _is_left_alone(node) or None in lines:
            return
        (start, end), (first, last) = (line for line in lines if line is not None)
        indent = " " * to.col_offset
        place = first if before else last
        inserted = Replacement(place, place, f"{indent}{source.plain(node)}\n")
        replacements = (Replacement(start, end, ""), inserted)
        yield StatementEdit(1, node, f"{self._short(node)} {what}", replacements)

    def _short(self, statement: ast.stmt) -> str:
        return short(self._source, statement)

    def _edit(self, rank: int, statement: ast.stmt, *replacements: Replacement) -> StatementEdit:
        what = short(self._source, statement, replacements)
        return StatementEdit(rank, statement, what, replacements)


def _is_left_alone(statement: ast.stmt) -> bool:
    """Return whether a statement only says something, guards an error, or acts outside."""
    if isinstance(statement, _SKIPPED):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    if isinstance(statement, ast.If) and all(isinstance(s, ast.Raise) for s in statement.body):
        return True
    return any(isinstance(n, ast.Name) and n.id in _OUTSIDE for n in ast.walk(statement))


def _depend(one: ast.stmt, other: ast.stmt) -> bool:
    """Return whether one of two statements uses or changes what the other changes."""
    changed = [_changed(each) for each in (one, other)]
    used = [{ast.unparse(n) for n in ast.walk(each) if _is_name(n)} for each in (one, other)]
    return bool(changed[0] & used[1] or changed[1] & used[0])


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    )


def _changed(statement: ast.stmt) -> set[str]:
    """Return the names that a statement assigns, or may change by calling a method of theirs."""
    found = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node))
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            found.add(ast.unparse(node.value))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            if isinstance(function, ast.Attribute):
                found.add(ast.unparse(function.value))
    return found
