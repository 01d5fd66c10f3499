"""Other expressions within one statement."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from parity.diagnosing.source_text import Replacement, SourceText
from parity.diagnosing.statements.entered import Kind
from parity.diagnosing.statements.forgotten import keywords, methods
from parity.diagnosing.statements.rendering import put, replaced
from parity.syntax.edits import changes

Ranked = tuple[int, Replacement] | tuple[int, Replacement, Replacement]
"""Rank of an edit, as in `StatementEdit`, and its replacements."""

# Parts of a tuple or arguments of a call that are exchanged with one another.
_EXCHANGED = 4
# Names that are tried in place of one.
_OTHERS = 6
_UNSYMMETRIC = (ast.Sub, ast.Div, ast.MatMult, ast.FloorDiv, ast.Mod, ast.Pow)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "decorator_list", "cases")
_RANKS = {"operator": 0, "comparison": 0, "condition": 0, "slice": 0, "axis": 0, "constant": 0}


class Names:
    """Kinds of the values that a function's local names and the attributes of `self` hold."""

    def __init__(self, names: Mapping[str, Kind], attributes: Mapping[str, Kind]) -> None:
        own = {f"self.{name}": kind for name, kind in attributes.items()}
        self._kinds = {**names, **own}

    def kind(self, name: str) -> Kind | None:
        """Return the kind of what a name holds, if it is known."""
        return self._kinds.get(name)

    def shape(self, name: str) -> tuple[int, ...] | None:
        """Return the shape of the tensor that a name holds; None if it holds none."""
        kind = self._kinds.get(name, ("",))
        return tuple(int(str(size)) for size in kind[1:]) if kind[0] == "tensor" else None

    def others(self, name: str) -> list[str]:
        """Return the names of what is of the same kind: locals for a local, attributes for one."""
        kind, own = self._kinds.get(name), name.startswith("self.")
        return [
            other
            for other, one in self._kinds.items()
            if one == kind and other != name and other.startswith("self.") == own
        ][:_OTHERS]


def expression_edits(
    source: SourceText, statement: ast.stmt, names: Names, of_gradients: bool = False
) -> Iterator[Ranked]:
    """Yield the edits of a statement's expressions, without those of the blocks it holds.

    Those that change gradients alone are tried if nothing else differs (`of_gradients`).
    """
    expressions = list(_expressions(statement))
    for node, keyword in expressions:
        for kind, new in changes(node, keyword):
            if isinstance(new, ast.expr):
                rank = 1 if _counts_from_the_end(node) else _RANKS.get(kind, 1)
                yield rank, replaced(source, node, new)
        yield from _of_kind(source, node)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            for other in names.others(ast.unparse(node)):
                yield 1, put(source, node, other)
            shape = names.shape(ast.unparse(node))
            for rank, method in methods(shape, of_gradients) if shape is not None else ():
                yield rank + 1, put(source, node, f"{{}}{method}", operand=True)
    yield from _exchanged_names(source, [node for node, _ in expressions], names)
    yield from _with_a_term(source, statement, names)
    yield from _of_the_value(source, statement, names, of_gradients)


def _expressions(node: ast.AST, keyword: str = "") -> Iterator[tuple[ast.expr, str]]:
    """Yield each expression, with the keyword of the argument that it is or is in."""
    for name, value in ast.iter_fields(node):
        if name in _BLOCKS and isinstance(node, ast.stmt):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.stmt | ast.JoinedStr):
                continue
            if isinstance(child, ast.expr):
                yield child, keyword
            inner = child.arg or "" if isinstance(child, ast.keyword) else keyword
            yield from _expressions(child, inner)


def _counts_from_the_end(node: ast.expr) -> bool:
    """Return whether a node is a negative place: without its sign it is rarely what was meant."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int())):
            return True
    return False


def _of_kind(source: SourceText, node: ast.expr) -> Iterator[Ranked]:
    match node:
        case ast.Tuple(elts=parts) | ast.Call(args=parts) if 2 <= len(parts) <= _EXCHANGED:
            for one, other in combinations(parts, 2):
                yield (
                    0,
                    put(source, one, source.plain(other)),
                    put(source, other, source.plain(one)),
                )
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _UNSYMMETRIC):
            yield 0, put(source, left, source.of(right)), put(source, right, source.of(left))
    match node:
        case ast.Call(func=ast.Name(id="range")):
            yield from _of_range(source, node)
        case ast.Call():
            yield from _of_call(source, node)
        case ast.Slice():
            yield from _of_slice(source, node)
        case ast.Subscript(slice=part):
            parts = part.elts if isinstance(part, ast.Tuple) else [part]
            yield from (edit for one in parts for edit in _of_index(source, one))


def _of_range(source: SourceText, node: ast.Call) -> Iterator[Ranked]:
    """Yield a range that begins or ends one earlier or later, and the reverse one."""
    yield 0, put(source, node, "reversed({})")
    if len(node.args) == 1:
        yield 0, put(source, node.args[0], "1, {}")
    for argument in node.args[:2]:
        if not isinstance(argument, ast.Constant):
            yield 0, put(source, argument, "{} - 1", operand=True)
            yield 0, put(source, argument, "{} + 1", operand=True)


def _of_call(source: SourceText, node: ast.Call) -> Iterator[Ranked]:
    """Yield what a call is given, or its method is called on, and an argument that it may lack."""
    function = node.func
    if isinstance(function, ast.Attribute) and ast.unparse(function.value) not in ("self", "torch"):
        yield 2, put(source, node, source.of(function.value))
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield 2, put(source, node, source.of(node.args[0]))
    given = {keyword.arg for keyword in node.keywords}
    last = source.end(node) - 1
    for name, value in keywords(ast.unparse(function)):
        if name not in given and (
            node.args or node.keywords or isinstance(function, ast.Attribute)
        ):
            comma = ", " if node.args or node.keywords else ""
            yield 0, Replacement(last, last, f"{comma}{name}={value}")


def _of_slice(source: SourceText, node: ast.Slice) -> Iterator[Ranked]:
    """Yield a slice from the other end, with its bounds exchanged, or one off."""
    lower, upper = node.lower, node.upper
    step = f":{source.plain(node.step)}" if node.step else ""
    if lower is None and upper is None:
        if node.step:
            yield 0, put(source, node, f"1:{step}")
        return
    for bound in filter(None, (lower, upper)):
        if lower is None or upper is None:
            for text in (source.plain(bound), _negative(source, bound)):
                yield 0, put(source, node, f"{text}:{step}")
                yield 0, put(source, node, f":{text}{step}")
        if not isinstance(bound, ast.Constant):
            yield 0, put(source, bound, "{} - 1", operand=True)


def _negative(source: SourceText, node: ast.expr) -> str:
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return source.plain(operand)
    return f"-{source.of(node)}"


def _of_index(source: SourceText, node: ast.expr) -> Iterator[Ranked]:
    """Yield another place: the last for the first, the one before or behind for a number."""
    match node:
        case ast.Constant(value=0):
            yield 0, put(source, node, "-1")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            yield 0, put(source, node, "0")
        case ast.Name() | ast.BinOp():
            yield 0, put(source, node, "{} - 1")
            yield 0, put(source, node, "{} + 1")


def _with_a_term(source: SourceText, statement: ast.stmt, names: Names) -> Iterator[Ranked]:
    """Yield the statement's value with a sum or product of another name of the same kind."""
    value = getattr(statement, "value", None)
    match statement:
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
            named = ast.unparse(target)
        case ast.Return(value=ast.Name(id=named)):
            pass
        case _:
            return
    if isinstance(value, ast.expr) and (names.kind(named) or ("",))[0] == "tensor":
        for other in names.others(named):
            for sign in "+*":
                yield 2, put(source, value, f"{{}} {sign} {other}", operand=True)


def _of_the_value(
    source: SourceText, statement: ast.stmt, names: Names, of_gradients: bool
) -> Iterator[Ranked]:
    """Yield a method of the whole value that a statement assigns or returns, or its negative."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Assign | ast.Return) or not isinstance(value, ast.expr):
        return
    if isinstance(value, ast.Constant):
        return
    target = statement.targets[0] if isinstance(statement, ast.Assign) else value
    shape = names.shape(ast.unparse(target))
    yield 1, put(source, value, "-{}", operand=True)
    for rank, method in methods(shape, of_gradients) if shape is not None else ():
        yield rank, put(source, value, f"{{}}{method}", operand=True)
    if of_gradients and shape is not None:
        # A gradient that is let through everywhere, and not only where a function is not flat.
        for other in names.others(ast.unparse(target)):
            for mask in (f"{other}.abs() <= 1", f"{other} > 0"):
                yield 2, put(source, value, f"{{}} * ({mask})", operand=True)


def _exchanged_names(
    source: SourceText, nodes: Sequence[ast.expr], names: Names
) -> Iterator[Ranked]:
    """Yield two names of one kind in each other's place, where each is used once."""
    used: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            used.setdefault(ast.unparse(node), []).append(node)
    once = {name: found[0] for name, found in used.items() if len(found) == 1}
    for one, other in combinations(once, 2):
        if other in names.others(one):
            yield 1, put(source, once[one], other), put(source, once[other], one)
