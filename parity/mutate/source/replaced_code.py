"""Module of a mutant in place of the original's, in this process alone; no file is written."""

from contextlib import AbstractContextManager
from pathlib import Path

from parity.mutate.source.mutants import SourceMutant, mutate_tree
from parity.syntax.loaded_code import loading_instead


def replaced(mutant: SourceMutant) -> AbstractContextManager[None]:
    """Make every import and execution of the mutant's file in the block take the mutant instead.

    A module that was imported before stays as it is.
    """
    path = Path(mutant.path).resolve()
    return loading_instead({path: compile(mutate_tree(path, mutant.number), mutant.path, "exec")})
