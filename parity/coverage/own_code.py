"""Files of the candidate's own code: those that its runs enter, and what these import."""

import ast
import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from parity.declaring.own_files import is_own
from parity.declaring.port import Port
from parity.declaring.registry import source_file


def declaring_files(port: Port, name: str) -> set[Path]:
    """Return the files that declare the pairs; the engine's own are left out.

    These are the file that the port of that name is in, and those of the candidates' factories.
    """
    declared = source_file(name)
    factories = [inspect.unwrap(_function(pair.candidate.build)) for pair in port.pairs]
    files = {getattr(getattr(f, "__code__", None), "co_filename", "") for f in factories}
    files |= {str(declared)} if declared else set()
    return {Path(file).resolve() for file in files if is_own(file)}


def _function(factory: Callable[..., object]) -> Callable[..., object]:
    while isinstance(factory, functools.partial):
        factory = factory.func
    return factory


def own_files(entered: Iterable[Path], declared: Iterable[Path]) -> list[Path]:
    """Return the candidate's own files, sorted.

    These are the files that its runs enter, and all that these import, directly or not, from their
    own package, or from their own folder if they are in no package. A file that declares pairs is
    one of them only if a run enters it, and nothing follows from what it imports: it may well hold
    the reference too.
    """
    entered, declared = {path.resolve() for path in entered}, set(declared)
    found, waiting = set(entered), sorted(entered - declared)
    while waiting:
        for path in _imported(waiting.pop()):
            if path not in found and path not in declared and is_own(str(path)):
                found.add(path)
                waiting.append(path)
    return sorted(found)


def root_of(path: Path) -> Path:
    """Return the folder that holds a file's package; its own folder if it is in no package."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _imported(path: Path) -> Iterator[Path]:
    """Yield the files of the same package, or folder, that a file imports anywhere."""
    root = root_of(path)
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    package = path.relative_to(root).parts[:-1]
    for node in ast.walk(tree):
        for name in _names(node, package):
            if package and name[0] != package[0]:
                continue
            # Importing a module imports the packages that hold it.
            folders = [root.joinpath(*name[:depth]) for depth in range(1, len(name) + 1)]
            places = [
                root.joinpath(*name).with_suffix(".py"),
                *(f / "__init__.py" for f in folders),
            ]
            yield from (place for place in places if place.is_file())


def _names(node: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the names of all modules that an import may name, as parts."""
    if isinstance(node, ast.Import):
        yield from (tuple(alias.name.split(".")) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        start = package[: len(package) + 1 - node.level] if node.level else ()
        module = (*start, *(node.module or "").split(".")) if node.module else start
        yield from (names for names in [module] if names)
        yield from ((*module, alias.name) for alias in node.names)
    # A module that is imported by its name as text.
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in sys.modules:
        yield tuple(node.value.split("."))


def display(path: Path) -> str:
    """Return a file as a user names it: relative to the current folder if it is within, or to its
    package."""
    here = Path.cwd()
    return str(path.relative_to(here if path.is_relative_to(here) else root_of(path)))
