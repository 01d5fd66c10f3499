"""The account of a command as a JSON file, for programs: what `--report` writes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_account(path: Path, account: Mapping[str, Any]) -> None:
    """Write an account; the file appears whole or not at all. Raises OSError if it cannot."""
    from converters.atomic import file_beside
    from converters.model_dir import as_json

    with file_beside(path) as partial:
        partial.write_text(as_json(account))
