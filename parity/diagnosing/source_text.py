"""A Python file as text and syntax tree: its expressions by place, and its names of torch."""

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

from parity.declaring.source_edits import Place

_PATH = re.compile(r"\btorch(?:\.\w+)+")
Node = ast.Call | ast.BinOp | ast.Compare | ast.Subscript
"""Expression that may call a function of the framework."""
ATOMS = (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Constant, ast.List, ast.Tuple)
"""Expressions that need no parentheses wherever they are put."""


@dataclass(frozen=True)
class Replacement:
    """Bytes of a file's UTF-8 text from `start` to `end`, and what to put there."""

    start: int
    end: int
    text: str


class SourceText:
    """One file; raises SyntaxError, OSError or UnicodeDecodeError if it cannot be read."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        self.path, self.encoding = path, encoding
        self.text = data.decode(encoding)
        self.bytes = self.text.encode()
        self.tree = ast.parse(self.text)
        self._lines = [0]
        for line in self.bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def start(self, node: ast.expr | ast.stmt) -> int:
        """Return where a node begins, in bytes."""
        return self._lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        """Return where a node ends, in bytes."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset

    def plain(self, node: ast.expr | ast.stmt) -> str:
        """Return the source of an expression or statement."""
        return self.bytes[self.start(node) : self.end(node)].decode()

    def of(self, node: ast.expr) -> str:
        """Return the source of an expression, in parentheses unless it binds as an atom does."""
        text = self.plain(node)
        return text if isinstance(node, ATOMS) else f"({text})"

    def is_enclosed(self, node: ast.expr) -> bool:
        """Return whether an expression is in parentheses of its own, or a call's only argument."""
        start, end = self.start(node), self.end(node)
        return self.bytes[start - 1 : start] == b"(" and self.bytes[end : end + 1] == b")"

    def lines_of(self, node: ast.stmt) -> tuple[int, int] | None:
        """Return where the lines of a statement begin and end; None if another shares them."""
        assert node.end_lineno is not None
        start, end = self._lines[node.lineno - 1], self._lines[node.end_lineno]
        around = self.bytes[start : self.start(node)] + self.bytes[self.end(node) : end]
        alone = not around.partition(b"#")[0].strip()
        return (start, end) if alone else None

    def texts(self) -> list[tuple[ast.Constant, str]]:
        """Return the constants that are text, each with the text."""
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Constant)]
        return [(node, node.value) for node in nodes if isinstance(node.value, str)]

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Return the parent of each node."""
        return {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }

    def find(self, place: Place) -> Node | None:
        """Return the call or operation at a place; None if there is none.

        Of a method's call in a chain over several lines, Python keeps the end alone.
        """
        if place.column < 0:
            return None
        for node in ast.walk(self.tree):
            if not isinstance(node, Node):
                continue
            ends = (node.end_lineno, node.end_col_offset) == (place.end_line, place.end_column)
            starts = (node.lineno, node.col_offset) == (place.line, place.column)
            if ends and (starts or isinstance(node, ast.Call)):
                return node
        return None

    @cached_property
    def names(self) -> dict[str, str]:
        """Return the whole path of each name that the file imports at its top."""
        return {alias: path for alias, path in self._imports() if path.startswith("torch")}

    def _imports(self) -> Iterator[tuple[str, str]]:
        for node in self.tree.body:
            if isinstance(node, ast.Import):
                for name in node.names:
                    whole = name.name if name.asname else name.name.partition(".")[0]
                    yield name.asname or whole, whole
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                for name in node.names:
                    yield name.asname or name.name, f"{node.module}.{name.name}"

    def shorten(self, template: str) -> str:
        """Return a template whose whole paths are written with the names that the file has."""
        return _PATH.sub(lambda found: self._short(found[0]), template)

    def _short(self, path: str) -> str:
        fitting = [
            (whole, alias)
            for alias, whole in self.names.items()
            if path == whole or path.startswith(f"{whole}.")
        ]
        whole, alias = max(fitting, key=lambda one: len(one[0]), default=(path, path))
        return alias + path[len(whole) :]

    def lacks_torch(self, text: str) -> bool:
        """Return whether a text names torch, which the file does not import by this name."""
        return bool(re.search(r"\btorch\.", text)) and self.names.get("torch") != "torch"

    def import_torch(self) -> Replacement:
        """Return the line that imports torch, before the first import of the file."""
        first = next(
            node
            for node in self.tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
            and getattr(node, "module", "") != "__future__"
        )
        return Replacement(self.start(first), self.start(first), "import torch\n")

    def replaced(self, replacements: list[Replacement]) -> str:
        """Return the text with replacements made; raises ValueError if two of them overlap."""
        made, at = [], 0
        for one in sorted(dict.fromkeys(replacements), key=lambda one: (one.start, one.end)):
            if one.start < at:
                raise ValueError("two changes of the same code")
            made += [self.bytes[at : one.start], one.text.encode()]
            at = one.end
        return b"".join([*made, self.bytes[at:]]).decode()
