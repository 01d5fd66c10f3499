"""Small changes of a node of Python's syntax tree: what may be written in its place."""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any

from parity.syntax.siblings import IDENTITIES, SIBLINGS

Change = tuple[str, ast.AST]
"""The kind of a change, and the node that replaces the original."""

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mod,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
# Arguments that only make a call raise.
_GUARDS = ("strict",)
_AXES = ("dim", "dims", "axis", "axes")


def changes(node: ast.AST, keyword: str = "") -> Iterator[Change]:
    """Yield what may replace an expression or statement; `keyword` is that of an argument."""
    if isinstance(node, ast.Constant) and keyword not in _GUARDS:
        named = "axis" if keyword in _AXES else "constant"
        yield from ((named, ast.Constant(value)) for value in _values(node.value))
    for kind, change in _BY_TYPE.items():
        if isinstance(node, kind):
            yield from change(node)


def _binary(node: ast.BinOp) -> Iterator[Change]:
    if not _is_text(node.left):
        yield from _operators(node)
        yield from (("term left out", copy.deepcopy(one)) for one in (node.left, node.right))


def _operators(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    others = _OPERATORS.get(type(node.op), ())
    return (("operator", _with(node, op=other())) for other in others)


def _unary(node: ast.UnaryOp) -> Iterator[Change]:
    if not isinstance(node.op, ast.UAdd):
        yield "operator", copy.deepcopy(node.operand)


def _comparison(node: ast.Compare) -> Iterator[Change]:
    if len(node.ops) == 1:
        for other in _COMPARISONS[type(node.ops[0])]:
            yield "comparison", _with(node, ops=[other()])


def _boolean(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield "condition", _with(node, op=other)
    for number in range(len(node.values)):
        rest = [value for n, value in enumerate(node.values) if n != number]
        left = rest[0] if len(rest) == 1 else _with(node, values=rest)
        yield "term left out", copy.deepcopy(left)


def _condition(node: ast.If | ast.While) -> Iterator[Change]:
    yield "condition", _with(node, test=ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.If):
        yield "branch", _with(node, test=ast.Constant(False))
        yield "branch", _with(node, test=ast.Constant(True))


def _conditional(node: ast.IfExp) -> Iterator[Change]:
    yield "condition", _with(node, body=node.orelse, orelse=node.body)


def _comprehension(node: ast.comprehension) -> Iterator[Change]:
    if node.ifs:
        yield "condition", _with(node, ifs=[])
        yield "condition", _with(node, ifs=[ast.UnaryOp(ast.Not(), node.ifs[0])])


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    )


def _values(value: object) -> tuple[bool | int | float, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1, value - 1) if value else (1,)
    if isinstance(value, float):
        return (2 * value, -value) if value else (1.0,)
    return ()


def _slices(node: ast.Slice) -> Iterator[Change]:
    for name in ("lower", "upper"):
        bound = getattr(node, name)
        if bound is None:
            continue
        yield "slice", _with(node, **{name: None})
        if not isinstance(bound, ast.Constant):
            one = ast.BinOp(bound, ast.Add(), ast.Constant(1))
            yield "slice", _with(node, **{name: one})


def _calls(node: ast.Call) -> Iterator[Change]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    for other in SIBLINGS.get(name.rstrip("_"), ()):
        # In place if the original is.
        named = other + "_" * name.endswith("_")
        field = "attr" if isinstance(function, ast.Attribute) else "id"
        yield "sibling", _with(node, func=_with(function, **{field: named}))
    if name.rstrip("_") in IDENTITIES:
        given = node.args[0] if node.args else getattr(function, "value", None)
        if given is not None and not isinstance(given, ast.Starred):
            yield "call left out", copy.deepcopy(given)
    for number, argument in enumerate(node.keywords):
        if argument.arg in _GUARDS:
            continue
        rest = [keyword for n, keyword in enumerate(node.keywords) if n != number]
        yield "keyword left out", _with(node, keywords=rest)
    if len(node.args) >= 2 and not any(isinstance(arg, ast.Starred) for arg in node.args[:2]):
        one, two, *more = node.args
        yield "arguments swapped", _with(node, args=[two, one, *more])


_BY_TYPE: dict[type[ast.AST], Callable[[Any], Iterator[Change]]] = {
    ast.BinOp: _binary,
    ast.AugAssign: _operators,
    ast.UnaryOp: _unary,
    ast.Compare: _comparison,
    ast.BoolOp: _boolean,
    ast.Slice: _slices,
    ast.Call: _calls,
    ast.IfExp: _conditional,
    ast.If: _condition,
    ast.While: _condition,
    ast.comprehension: _comprehension,
}
