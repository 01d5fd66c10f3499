"""Code of Python files replaced in this process alone; no file is written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from unittest.mock import patch


@contextmanager
def loading_instead(codes: Mapping[Path, CodeType]) -> Iterator[None]:
    """Make every import and execution of some files in the block take other code instead.

    A module that was imported before stays as it is. `codes` is by resolved path.
    """
    original = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        code = codes.get(Path(loader.get_filename(name)).resolve())
        return code if code is not None else original(loader, name)

    with patch.object(SourceFileLoader, "get_code", get_code):
        yield
