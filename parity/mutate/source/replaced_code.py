"""Module of a mutant in place of the original's, in this process alone; no file is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from unittest.mock import patch

from parity.mutate.source.mutants import SourceMutant, mutate_tree


@contextmanager
def replaced(mutant: SourceMutant) -> Iterator[None]:
    """Make every import and execution of the mutant's file in the block take the mutant instead.

    A module that was imported before stays as it is.
    """
    path = Path(mutant.path).resolve()
    code = compile(mutate_tree(path, mutant.number), mutant.path, "exec")
    original = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        is_mutant = Path(loader.get_filename(name)).resolve() == path
        return code if is_mutant else original(loader, name)

    with patch.object(SourceFileLoader, "get_code", get_code):
        yield
