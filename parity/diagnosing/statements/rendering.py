"""Source of edits: what takes the place of a node, and how a statement reads then."""

import ast
from collections.abc import Sequence

from parity.diagnosing.source_text import ATOMS, Replacement, SourceText

_LONGEST = 72
_BINDING = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.Attribute, ast.Await)


def put(
    source: SourceText, node: ast.expr | ast.stmt, template: str, operand: bool = False
) -> Replacement:
    """Return a node replaced by a template, in which {} stands for its own source.

    As an operand, that is in parentheses unless it binds as an atom does.
    """
    own = source.plain(node)
    if operand and isinstance(node, ast.expr):
        own = source.of(node)
    return Replacement(source.start(node), source.end(node), template.replace("{}", own))


def replaced(source: SourceText, node: ast.expr, new: ast.AST) -> Replacement:
    """Return a node replaced by another one, in parentheses if what is around it binds closer.

    Of an operation with another operator, only that is replaced if it binds the same operands.
    """
    if isinstance(node, ast.BinOp) and isinstance(new, ast.BinOp) and new.left is node.left:
        between = _with_operator(source, node, new)
        if between is not None:
            return between
    text = ast.unparse(new)
    if not isinstance(new, ATOMS) and _is_bound(source, node) and not source.is_enclosed(node):
        text = f"({text})"
    return Replacement(source.start(node), source.end(node), text)


def _with_operator(source: SourceText, node: ast.BinOp, new: ast.BinOp) -> Replacement | None:
    start, end = source.end(node.left), source.start(node.right)
    between = source.bytes[start:end].decode()
    old, sign = _sign(node.op), _sign(new.op)
    if new.right is not node.right or between.count(old) != 1 or _is_bound(source, node):
        return None
    made = Replacement(start, end, between.replace(old, sign))
    before, after = source.bytes[source.start(node) : start], source.bytes[end : source.end(node)]
    text = before.decode() + made.text + after.decode()
    same = ast.dump(ast.parse(f"({text})", mode="eval").body) == ast.dump(new)
    return made if same else None


def _sign(op: ast.operator) -> str:
    return ast.unparse(ast.BinOp(ast.Name("a"), op, ast.Name("b"))).split()[1]


def _is_bound(source: SourceText, node: ast.expr) -> bool:
    parent = source.parents.get(node)
    if isinstance(parent, ast.Call | ast.Subscript):
        return node is getattr(parent, "func", None) or node is getattr(parent, "value", None)
    return isinstance(parent, _BINDING)


def short(source: SourceText, statement: ast.stmt, replacements: Sequence[Replacement] = ()) -> str:
    """Return a statement in one line, with replacements made, without the blocks it holds."""
    start, end = source.start(statement), source.end(statement)
    body = getattr(statement, "body", None)
    if isinstance(body, list) and body:
        end = source.start(body[0])
    text, at = b"", start
    for one in sorted(replacements, key=lambda each: (each.start, each.end)):
        text += source.bytes[at : one.start] + one.text.encode()
        at = one.end
    words = " ".join((text + source.bytes[at:end]).decode().split()).rstrip(":")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
