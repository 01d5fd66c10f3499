"""Statements and branches of a Python file's functions, as far as a run can execute them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_PRAGMA = "pragma: no cover"
_Function = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Statement:
    """A statement within a function: its first and last line, without the blocks that it holds.

    `top` is the name of the module's function or class that it belongs to.
    """

    line: int
    end: int
    top: str


@dataclass(frozen=True)
class Branch:
    """A condition or loop: the lines of its test, and the first lines of its block."""

    line: int
    end: int
    block: range
    top: str


@dataclass(frozen=True)
class Code:
    """Executable parts of a file: statements and branches of its functions, in their order."""

    statements: tuple[Statement, ...]
    branches: tuple[Branch, ...]


def read_code(source: str) -> Code:
    """Return the statements and branches of all functions of a module's source.

    What is run when a module is imported is not among them, and neither are docstrings, empty
    bodies, and what follows a comment "pragma: no cover" in its first line. A block in the line of
    its condition is no branch, as lines do not show whether it ran.

    Raises SyntaxError for what is no Python.
    """
    lines = source.splitlines()
    statements: list[Statement] = []
    branches: list[Branch] = []
    for node, top in _statements(ast.parse(source), "", False, lines):
        line, end = header(node)
        statements.append(Statement(line, end, top))
        if isinstance(node, ast.If | ast.While | ast.For | ast.AsyncFor):
            block = range(*_first_lines(node.body[0]))
            if block.start > end:
                branches.append(Branch(line, end, block, top))
    return Code(tuple(statements), tuple(branches))


def header(node: ast.stmt) -> tuple[int, int]:
    """Return the first and last line of a statement, without the blocks that it holds."""
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    if not body:
        return first, node.end_lineno or node.lineno
    inside = body[0].pattern if isinstance(body[0], ast.match_case) else body[0]
    return first, max(first, _first_lines(inside)[0] - 1)


def _first_lines(node: ast.AST) -> tuple[int, int]:
    lines = [node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]  # type: ignore[attr-defined]
    return min(lines), (node.end_lineno or node.lineno) + 1  # type: ignore[attr-defined]


def _statements(
    node: ast.AST, top: str, inside: bool, lines: list[str]
) -> Iterator[tuple[ast.stmt, str]]:
    """Yield the statements within functions, each with the module's definition that it is in."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt | ast.match_case | ast.ExceptHandler):
            continue
        if isinstance(child, ast.stmt):
            if _PRAGMA in lines[child.lineno - 1]:
                continue
            if inside and _runs(child):
                yield child, top
        named = top or getattr(child, "name", None) or ""
        within = inside or isinstance(child, _Function)
        # The body of a class within a function runs with it; that of a module's class on import.
        yield from _statements(child, named, within, lines)


def _runs(node: ast.stmt) -> bool:
    """Return whether running a statement shows: it is no docstring, `...`, nor a declaration."""
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    return not isinstance(node, ast.Global | ast.Nonlocal)
