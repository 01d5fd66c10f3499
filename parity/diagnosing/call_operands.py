"""Operands of a call in its source: its input, and what it is combined with."""

import ast

from parity.declaring.source_edits import Written
from parity.diagnosing.operator_rewriting import CannotWriteError
from parity.diagnosing.source_text import Node


def input_of(node: Node, written: Written) -> ast.expr:
    """Return the expression of a call's input; raise CannotWriteError if it is not written there.

    Args:
        node: the call, operation, comparison or index.
        written: what it calls.
    """
    if isinstance(node, ast.BinOp):
        constant = isinstance(node.left, ast.Constant) or written.reflected
        return node.right if constant and not isinstance(node.op, ast.Div) else node.left
    if isinstance(node, ast.Compare):
        return node.left
    if isinstance(node, ast.Subscript):
        return node.value
    if is_method(node, written):
        assert isinstance(node.func, ast.Attribute)
        return node.func.value
    if node.args and not isinstance(node.args[0], ast.Starred):
        return node.args[0]
    named = keyword_of(node, "input")
    if named is None:
        raise CannotWriteError("the call's input is not among its arguments")
    return named.value


def other_of(node: Node, written: Written) -> ast.expr:
    """Return the expression of a call's second operand; raise CannotWriteError if it has none."""
    if isinstance(node, ast.BinOp):
        return node.left if input_of(node, written) is node.right else node.right
    if isinstance(node, ast.Compare):
        return node.comparators[0]
    place = 0 if isinstance(node, ast.Call) and is_method(node, written) else 1
    if isinstance(node, ast.Call) and len(node.args) > place and not written.module:
        return node.args[place]
    raise CannotWriteError("the second operand is not among the call's arguments")


def is_method(node: ast.Call, written: Written) -> bool:
    """Return whether a call is that of a method of its input."""
    return written.method and not written.module and isinstance(node.func, ast.Attribute)


def keyword_of(node: ast.Call, name: str) -> ast.keyword | None:
    """Return the argument that a call gives by name; None if it gives none of this name."""
    return next((keyword for keyword in node.keywords if keyword.arg == name), None)
