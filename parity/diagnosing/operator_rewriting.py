"""Rewriting of operators, their operands and indices in a candidate's source."""

import ast
import re

from parity.declaring.source_edits import Edit
from parity.diagnosing.source_text import Node, Replacement, SourceText

_SIGN = re.compile(r"([\s)\\]*)([-+*/<>=!@%]+)([\s(\\]*)")


class CannotWriteError(ValueError):
    """The repair cannot be written into this source with certainty."""


def operate(source: SourceText, node: Node, edit: Edit) -> list[Replacement] | None:
    """Return what changes an operator, its operands or an index; None if the edit is no such.

    Raises CannotWriteError if the edit is one, and the node is not written as an operator.
    """
    match node:
        case ast.Subscript() if edit.indices:
            return _indices(source, node, edit.indices)
        case ast.Compare() if edit.operator and len(node.ops) == 1:
            return [_sign(source, node.left, node.comparators[0], edit.operator)]
        case ast.BinOp() if edit.kept:
            kept = node.left if edit.kept == "left" else node.right
            return [
                _put(
                    source,
                    node,
                    source.plain(kept) if source.is_enclosed(node) else source.of(kept),
                )
            ]
        case ast.BinOp() if edit.into:
            return [_into(source, node, edit.into)]
        case ast.Call() if edit.out:
            return [_out(source, node)]
        case ast.BinOp() if edit.operator:
            return _in_parentheses(
                source, node, [_sign(source, node.left, node.right, edit.operator)]
            )
        case ast.BinOp(left=ast.BinOp() as left, right=ast.BinOp() as right) if edit.factors:
            factors = (left.left, left.right, right.left, right.right)
            first, second = (factors[place] for place in edit.factors)
            return [_put(source, first, source.of(second)), _put(source, second, source.of(first))]
        case ast.BinOp() if edit.order:
            one, other = node.left, node.right
            return [_put(source, one, source.of(other)), _put(source, other, source.of(one))]
    apart = edit.into or edit.out
    if apart or edit.kept or edit.indices or edit.factors or (edit.operator and not edit.renamed):
        raise CannotWriteError("this is not written as an operator")
    return None


def _put(source: SourceText, node: ast.expr, text: str) -> Replacement:
    return Replacement(source.start(node), source.end(node), text)


def _into(source: SourceText, node: ast.BinOp, side: str) -> Replacement:
    """Return an operation on what goes into the call that is one of its operands."""
    called = node.left if side == "left" else node.right
    given = _only_input(called)
    own, inner = source.plain(node), source.of(given)
    start = source.start(called) - source.start(node)
    taken = own[:start] + inner + own[start + len(source.plain(called)) :]
    whole = source.plain(called)
    place = source.start(given) - source.start(called)
    return _put(source, node, whole[:place] + taken + whole[place + len(source.plain(given)) :])


def _out(source: SourceText, node: ast.Call) -> Replacement:
    """Return the operation that makes a call's input, on the call's result."""
    given = _only_input(node)
    if not isinstance(given, ast.BinOp):
        raise CannotWriteError("the input is not written as an operation")
    whole, place = source.plain(node), source.start(given) - source.start(node)
    own = source.plain(given)
    called = whole[:place] + source.plain(given.left) + whole[place + len(own) :]
    return _put(source, node, f"({called}{own[len(source.plain(given.left)) :]})")


def _only_input(node: ast.expr) -> ast.expr:
    """Return the first argument of a call."""
    if not isinstance(node, ast.Call) or not node.args or isinstance(node.args[0], ast.Starred):
        raise CannotWriteError("the operand is not written as a call")
    return node.args[0]


def _in_parentheses(
    source: SourceText, node: ast.expr, within: list[Replacement]
) -> list[Replacement]:
    """Return the changes within a node, and parentheses around it where it needs them."""
    if isinstance(source.parents.get(node), ast.Call | ast.stmt | ast.keyword):
        return within
    start, end = source.start(node), source.end(node)
    if source.is_enclosed(node):
        return within
    return [Replacement(start, start, "("), *within, Replacement(end, end, ")")]


def _sign(source: SourceText, left: ast.expr, right: ast.expr, sign: str) -> Replacement:
    """Return another operator between two operands, which may be in parentheses."""
    start, end = source.end(left), source.start(right)
    found = _SIGN.fullmatch(source.bytes[start:end].decode())
    if found is None:
        raise CannotWriteError("there is no single operator")
    return Replacement(start, end, f"{found[1]}{sign}{found[3]}")


def _indices(
    source: SourceText, node: ast.Subscript, indices: tuple[tuple[int, str], ...]
) -> list[Replacement]:
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if any(place >= len(parts) or isinstance(parts[place], ast.Starred) for place, _ in indices):
        raise CannotWriteError("the index is not written part by part")
    return [_put(source, parts[place], text) for place, text in indices]
