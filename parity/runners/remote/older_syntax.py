"""Translation of a module of this project to the syntax of Python 3.8.

Only what the project uses is translated: annotations and subscripted types are not evaluated, `|`
of dictionaries and types and `removeprefix` become functions, `zip(strict=True)` loses its check,
and `with` its parentheses.
"""

import ast

HELPERS = "parity.runners.remote.older_python"
"""The module of functions that stand for newer operators; in the older syntax itself."""
_BUILTIN = ("dict", "frozenset", "list", "set", "tuple", "type")
_SUBSCRIPTED_FROM = ("collections.abc", "contextlib", "numpy", "types", "tempfile")
# Used in annotations alone.
_NOT_IN_TYPING = ("TypeGuard", "Self", "TypeAlias", "Never", "override")

# A type variable is enough where signatures are not checked; a cache that forgets is one, too.
_SAME_AS = {("typing", "ParamSpec"): "TypeVar", ("functools", "cache"): "lru_cache"}


def in_older_syntax(source: str) -> str:
    """Return the source of a module, translated."""
    tree = ast.parse(source)
    translation = _Translation(tree)
    body = translation.visit(tree).body
    # A docstring stays in front.
    after = int(bool(body) and isinstance(body[0], ast.Expr))
    added = [ast.ImportFrom("__future__", [ast.alias("annotations")], 0)]
    if translation.used:
        names = [ast.alias(name, f"_older_{name}") for name in sorted(translation.used)]
        added.append(ast.ImportFrom(HELPERS, names, 0))
    tree.body = [*body[:after], *added, *body[after:]]
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


class _Translation(ast.NodeTransformer):
    """Translation of one module; `used` are the functions that it needs instead of operators."""

    def __init__(self, tree: ast.Module) -> None:
        self.used: set[str] = set()
        self._types = {*_BUILTIN, "ndarray"}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in _SUBSCRIPTED_FROM:
                self._types |= {name.asname or name.name for name in node.names}

    def _call(self, name: str, *arguments: ast.expr) -> ast.Call:
        self.used.add(name)
        return ast.Call(ast.Name(f"_older_{name}", ast.Load()), list(arguments), [])

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave out what is in the brackets of a type that could not be subscripted."""
        name = getattr(node.value, "id", getattr(node.value, "attr", None))
        if name in self._types and isinstance(node.ctx, ast.Load):
            return node.value
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Write `a | b` as a call."""
        self.generic_visit(node)
        if isinstance(node.op, ast.BitOr):
            return self._call("either", node.left, node.right)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """Write `a |= b` as the assignment of a call."""
        self.generic_visit(node)
        if not isinstance(node.op, ast.BitOr):
            return node
        held = ast.parse(ast.unparse(node.target), mode="eval").body
        return ast.Assign([node.target], self._call("either_in_place", held, node.value))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Leave out `strict`, and write methods of newer strings as functions."""
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Name) and function.id == "zip":
            node.keywords = [each for each in node.keywords if each.arg != "strict"]
        newer = ("removeprefix", "removesuffix")
        if isinstance(function, ast.Attribute) and function.attr in newer:
            return self._call(function.attr, function.value, *node.args)
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        """Leave out names that did not exist, or import what does the same."""
        if node.module == "typing":
            node.names = [name for name in node.names if name.name not in _NOT_IN_TYPING]
        for name in node.names:
            if older := _SAME_AS.get((node.module or "", name.name)):
                name.name, name.asname = older, name.asname or name.name
        return node if node.names else None
