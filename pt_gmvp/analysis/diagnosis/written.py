"""Where a diagnosis is written: a file that appears whole, or standard output."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from converters.atomic import file_beside
from pt_gmvp.analysis.diagnosis.finished import DiagnosisError

STDOUT = "-"


def refuse_unwritable(wanted: Mapping[str, str | Path | None]) -> None:
    """Refuse before any work is done what could not be written after it.

    Args:
        wanted: option -> file, "-" for standard output, None for nowhere.

    Raises:
        DiagnosisError: naming the option.
    """
    shared = [option for option, target in wanted.items() if target == STDOUT]
    if len(shared) > 1:
        raise DiagnosisError(
            f"{' and '.join(shared)} cannot share standard output; name a file for all but one"
        )
    for option, target in wanted.items():
        if target is None or target == STDOUT:
            continue
        path = Path(target)
        folder = path.absolute().parent
        why = "is a folder" if path.is_dir() else ""
        if not folder.is_dir():
            why = "its folder does not exist"
        elif not os.access(folder, os.W_OK):
            why = "no permission to write there"
        if why:
            raise DiagnosisError(f"{option} {path}: {why}; name a file that can be written")


def write(target: str, text: str) -> None:
    """Write a text to a file, or to standard output for "-"."""
    if target == STDOUT:
        sys.stdout.write(text)
        return
    with file_beside(target) as partial:
        partial.write_text(text, encoding="utf-8")
