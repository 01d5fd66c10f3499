"""Mutants of a Python file: its syntax tree with one small change, and a stable name for each."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from parity.coverage.own_code import root_of
from parity.coverage.statements import header
from parity.syntax.edits import changes

Identity = tuple[str, str, str, str, int]
"""File, function, statement before and after, and which of several equal ones in the function."""
_SKIPPED = (ast.Import, ast.ImportFrom, ast.Raise, ast.Assert, ast.Global, ast.Nonlocal)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NOT_MUTATED = frozenset({"annotation", "returns", "decorator_list", "type_comment", "bases"})


@dataclass(frozen=True)
class SourceMutant:
    """One change of one statement of a file.

    Args:
        path: the file, absolute.
        file: the file within its package, or its name.
        function: the qualified name of the function; "" for a module's own statements.
        line, end: the statement's first and last line, without the blocks that it holds.
        kind: what kind of change it is.
        before, after: the statement as Python's own unparser writes it, without its blocks.
        number: the number of the change in the file.
        occurrence: 1, or more for an equal change further down in the same function.
        imported: whether the statement runs when the module is imported.
        names: the names that the statement assigns, if it runs on import.
    """

    path: str
    file: str
    function: str
    line: int
    end: int
    kind: str
    before: str
    after: str
    number: int
    occurrence: int = 1
    imported: bool = False
    names: tuple[str, ...] = ()

    @property
    def identity(self) -> Identity:
        """Return what names the mutant as long as its statement is the same."""
        return self.file, self.function, self.before, self.after, self.occurrence

    @property
    def top(self) -> str:
        """Return the name of the module's function or class that it is in; "" outside of them."""
        return self.function.partition(".")[0]

    @property
    def place(self) -> str:
        """Return file and line."""
        return f"{self.file}:{self.line}"


@dataclass
class _Change:
    """A node of the tree in its place, and what to put there."""

    parent: ast.AST
    name: str
    index: int | None
    node: ast.AST
    kind: str
    statement: ast.stmt
    function: str
    imported: bool
    old: ast.AST = field(init=False)

    def __post_init__(self) -> None:
        held = getattr(self.parent, self.name)
        self.old = held if self.index is None else held[self.index]

    def put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.name, node)
        else:
            getattr(self.parent, self.name)[self.index] = node


def find_mutants(path: Path) -> list[SourceMutant]:
    """Return all mutants of a file, in their order; raise SyntaxError for what is no Python.

    Annotations, docstrings, messages of errors, and conditions that only guard an error are left
    alone: a check runs on inputs that both sides accept.
    """
    tree = ast.parse(path.read_bytes())
    seen: set[tuple[int, str]] = set()
    equal: Counter[tuple[str, str, str]] = Counter()
    found = []
    for number, change in enumerate(_changes(tree)):
        before, after = _shown(change)
        if before == after or (id(change.statement), after) in seen:
            continue
        seen.add((id(change.statement), after))
        equal[change.function, before, after] += 1
        line, end = header(change.statement)
        names = _assigned(change.statement) if change.imported else ()
        found.append(
            SourceMutant(
                str(path),
                str(path.relative_to(root_of(path))),
                change.function,
                line,
                end,
                change.kind,
                before,
                after,
                number,
                equal[change.function, before, after],
                change.imported,
                names,
            )
        )
    return found


def mutate_tree(path: Path, number: int) -> ast.Module:
    """Return a file's syntax tree with the change of that number; lines are the original's."""
    tree = ast.parse(path.read_bytes())
    change = next(c for n, c in enumerate(_changes(tree)) if n == number)
    change.put(_placed(change.node, change.old))
    return tree


def _placed(node: ast.AST, old: ast.AST) -> ast.AST:
    return ast.fix_missing_locations(ast.copy_location(node, old))


def _shown(change: _Change) -> tuple[str, str]:
    """Return the statement before and after a change, without its blocks."""
    before = _unparsed(change.statement)
    if change.old is change.statement:
        return before, _unparsed(change.node)
    change.put(change.node)
    after = _unparsed(change.statement)
    change.put(change.old)
    return before, after


def _unparsed(node: ast.AST) -> str:
    if not hasattr(node, "body") or not isinstance(node.body, list):
        return ast.unparse(node)
    shown = copy.copy(node)
    for name in ("body", "orelse", "finalbody", "handlers", "decorator_list"):
        if hasattr(shown, name):
            setattr(shown, name, [ast.Pass()] if name == "body" else [])
    return ast.unparse(shown).removesuffix("pass").rstrip()


def _assigned(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, _FUNCTIONS):
        return (statement.name,)
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return tuple(
        node.id
        for target in targets
        if target is not None
        for node in ast.walk(target)
        if isinstance(node, ast.Name)
    )


def _changes(tree: ast.Module) -> Iterator[_Change]:
    yield from _of_block(tree, "body", "", True, frozenset())


def _of_block(
    parent: ast.AST, name: str, function: str, imported: bool, bound: frozenset[str]
) -> Iterator[_Change]:
    for index, statement in enumerate(getattr(parent, name)):
        if isinstance(statement, _SKIPPED) or _is_left_alone(statement):
            if isinstance(statement, ast.If):
                yield from _of_block(statement, "orelse", function, imported, bound)
            continue
        if not imported and _can_be_dropped(statement, bound):
            yield _Change(
                parent, name, index, ast.Pass(), "statement left out", statement, function, imported
            )
        if isinstance(statement, ast.If | ast.While):
            for kind, node in changes(statement):
                if kind == "condition" and _negates(statement.test):
                    continue
                yield _Change(parent, name, index, node, kind, statement, function, imported)
        elif isinstance(statement, ast.AugAssign):
            for kind, node in changes(statement):
                yield _Change(parent, name, index, node, kind, statement, function, imported)
        yield from _of_statement(statement, function, imported, bound)


def _of_statement(
    statement: ast.stmt, function: str, imported: bool, bound: frozenset[str]
) -> Iterator[_Change]:
    yield from _expressions(statement, statement, function, imported)
    named = getattr(statement, "name", None)
    inner, on_import = function, imported
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)) and named:
        inner = f"{function}.{named}" if function else named
        on_import = imported and isinstance(statement, ast.ClassDef)
    if isinstance(statement, _FUNCTIONS):
        bound = _bound_more_than_once(statement)
    for block in ("body", "orelse", "finalbody"):
        if isinstance(getattr(statement, block, None), list):
            yield from _of_block(statement, block, inner, on_import, bound)
    for handler in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield from _of_block(handler, "body", inner, on_import, bound)


def _expressions(
    node: ast.AST, statement: ast.stmt, function: str, imported: bool, keyword: str = ""
) -> Iterator[_Change]:
    """Yield the changes of all expressions of a node, without those of the blocks it holds."""
    for name, value in ast.iter_fields(node):
        if name in _NOT_MUTATED:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or isinstance(
                child, ast.stmt | ast.ExceptHandler | ast.match_case | ast.JoinedStr
            ):
                continue
            for kind, changed in changes(child, keyword):
                yield _Change(node, name, index, changed, kind, statement, function, imported)
            argument = child.arg or "" if isinstance(child, ast.keyword) else keyword
            yield from _expressions(child, statement, function, imported, argument)


def _negates(test: ast.expr) -> bool:
    """Return whether the changes of a test itself already negate it."""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _is_left_alone(statement: ast.stmt) -> bool:
    """Return whether a statement only guards an error, is for type checkers, or is a docstring."""
    if isinstance(statement, ast.If):
        names = {n.id for n in ast.walk(statement.test) if isinstance(n, ast.Name)}
        return "TYPE_CHECKING" in names or all(isinstance(s, ast.Raise) for s in statement.body)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant) or _is_message(statement.value)
    return "__all__" in _assigned(statement) if isinstance(statement, ast.Assign) else False


def _is_message(value: ast.expr) -> bool:
    """Return whether an expression prints, warns or logs."""
    if not isinstance(value, ast.Call):
        return False
    root = value.func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and root.id in ("print", "warnings", "logging", "logger")


def _can_be_dropped(statement: ast.stmt, bound: frozenset[str]) -> bool:
    """Return whether the rest may still run without a statement: what it assigns is known before.

    What a name is bound to for the first time cannot be left out without an error.
    """
    if isinstance(statement, ast.Assign):
        named = [n for target in statement.targets for n in ast.walk(target)]
        stored = [n.id for n in named if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        return all(name in bound for name in stored)
    return isinstance(statement, ast.AugAssign | ast.Expr | ast.Delete)


def _bound_more_than_once(function: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return frozenset(name for name in names if names.count(name) > 1)
