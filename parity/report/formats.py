"""Report formats by the name of their option: rendering a check, and writing it to a file.

Each is a module of this package with `render(checked) -> str`, imported only when it is used.
"""

import importlib
from typing import Any

from parity import files
from parity.errors import ParityError
from parity.report.checked import Checked

Wanted = files.Targets


def refuse_unwritable(wanted: Wanted) -> None:
    """Raise ParityError, before any work is done, if a report cannot be written."""
    files.refuse_unwritable_of(wanted)
    for name, target in wanted.items():
        if target is not None:
            _module(name)


def taken(wanted: Wanted) -> bool:
    """Return whether a report goes to standard output, so that tables must go elsewhere."""
    return "-" in wanted.values()


def write_all(wanted: Wanted, checked: Checked) -> None:
    """Write every requested report."""
    for name, target in wanted.items():
        if target is not None:
            files.write(target, _module(name).render(checked))


def _module(name: str) -> Any:
    """Return the module of a format; raise ParityError if a package it needs is missing."""
    try:
        return importlib.import_module(f"parity.report.{name}")
    except ModuleNotFoundError as error:
        raise ParityError(
            f"--{name} needs {error.name}, which is not installed; "
            "install it with: pip install 'gmvp-parity[report]'"
        ) from error
