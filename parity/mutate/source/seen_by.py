"""Cases that can see a mutant: those that execute its statement, or what depends on it."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from parity.coverage.statements import header
from parity.mutate.source.campaign import Control
from parity.mutate.source.mutants import SourceMutant

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Lines = Mapping[str, set[int]]
"""Lines by file, as code objects name it."""


class Sight:
    """Lines on which each case depends, and those where a module's names are used.

    Args:
        controls: every case, with what it executes.
        files: the candidate's own files.
    """

    def __init__(self, controls: Sequence[Control], files: Iterable[Path]) -> None:
        self._lines = [(control, _lines(control)) for control in controls]
        self._uses, self._definitions = _names(files)

    def of(self, mutant: SourceMutant) -> list[Control]:
        """Return the cases that can see a mutant, the quickest first.

        What runs when a module is imported is seen by the cases that execute a line where a name
        that it assigns is used, directly or through another such name; where nothing uses it by
        name, by all that execute anything of the file.
        """
        lines: Lines = {mutant.path: set(range(mutant.line, mutant.end + 1))}
        if mutant.imported:
            lines = self._users(mutant)
        seen = [
            c for c, own in self._lines if any(own.get(f, set()) & at for f, at in lines.items())
        ]
        if mutant.imported and not any(lines.values()):
            seen = [control for control, own in self._lines if own.get(mutant.path)]
        return sorted(seen, key=lambda control: control.seconds)

    def _users(self, mutant: SourceMutant) -> dict[str, set[int]]:
        """Return the lines of functions that use a name that the mutant's statement assigns."""
        names, waiting = set(mutant.names), list(mutant.names)
        if mutant.function:
            # A class' own statement, or a default argument.
            names.add(mutant.function.rpartition(".")[2])
        while waiting:
            for other in self._definitions.get(waiting.pop(), set()) - names:
                names.add(other)
                waiting.append(other)
        found: dict[str, set[int]] = {}
        for name in names:
            for file, line in self._uses.get(name, ()):
                found.setdefault(file, set()).add(line)
        return found


def _lines(control: Control) -> dict[str, set[int]]:
    return {
        str(Path(file).resolve()): {line for _, line in steps}
        for file, steps in control.steps.items()
    }


def _names(
    files: Iterable[Path],
) -> tuple[dict[str, set[tuple[str, int]]], dict[str, set[str]]]:
    """Return where functions use a name, and which of a module's names are made from it."""
    uses: dict[str, set[tuple[str, int]]] = {}
    made_from: dict[str, set[str]] = {}
    for path in files:
        tree = ast.parse(path.read_bytes())
        functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
        for function in functions:
            inside = [n for part in function.body for n in ast.walk(part)]
            statements = [node for node in inside if isinstance(node, ast.stmt)]
            for statement in statements:
                first, last = header(statement)
                at = {(str(path), line) for line in range(first, last + 1)}
                # Defaults, and the function's own name, stand for all of its lines.
                for name in (function.name, *_used(statement)):
                    uses.setdefault(name, set()).update(at)
        for made, names in _on_import(tree.body, ()):
            for name in names:
                made_from.setdefault(name, set()).update(made)
    return uses, made_from


def _on_import(
    body: Sequence[ast.stmt], inside: tuple[str, ...]
) -> Iterator[tuple[set[str], set[str]]]:
    """Yield what each statement that runs on import makes, and the names that it reads.

    A function is made from its defaults and decorators, a class from those of its methods and from
    its own statements; `inside` holds the names of the classes around `body`.
    """
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                yield {alias.asname or alias.name}, {alias.name}
            continue
        named = (*inside, statement.name) if isinstance(statement, ast.ClassDef) else inside
        # Every class has an __init__: what its defaults make is the class.
        made = {name for name in _targets(statement) if not (inside and name.startswith("__"))}
        yield {*named, *made}, _used(statement)
        if isinstance(statement, _FUNCTIONS):
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _on_import(getattr(statement, block, ()), named)
        for handler in getattr(statement, "handlers", ()):
            yield from _on_import(handler.body, named)


def _used(node: ast.stmt) -> set[str]:
    """Return the names and attributes that a statement reads, without those of its blocks."""
    found: set[str] = set()
    waiting = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt)]
    while waiting:
        child = waiting.pop()
        if isinstance(child, ast.Name):
            found.add(child.id)
        if isinstance(child, ast.Attribute):
            found.add(child.attr)
        waiting += [one for one in ast.iter_child_nodes(child) if not isinstance(one, ast.stmt)]
    return found


def _targets(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (*_FUNCTIONS, ast.ClassDef)):
        return [statement.name]
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    return [n.id for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Name)]
