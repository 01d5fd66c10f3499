"""The forms in which a check can be written to a file, by the name of their option.

Each is a module of this package with `render(checked) -> str`, imported only when it is asked for.
"""

import importlib
from typing import Any

from parity import files
from parity.errors import ParityError
from parity.report.checked import Checked

Wanted = files.Targets


def refuse_unwritable(wanted: Wanted) -> None:
    """Raise ParityError if a report could not be written, before any work is done."""
    files.refuse_unwritable_of(wanted)
    for name, target in wanted.items():
        if target is not None:
            _module(name)


def taken(wanted: Wanted) -> bool:
    """Whether standard output is taken by a report, so that tables must go elsewhere."""
    return "-" in wanted.values()


def write_all(wanted: Wanted, checked: Checked) -> None:
    """Write every report that is wanted."""
    for name, target in wanted.items():
        if target is not None:
            files.write(target, _module(name).render(checked))


def _module(name: str) -> Any:
    """The module of a form; ParityError if what it needs is not installed."""
    try:
        return importlib.import_module(f"parity.report.{name}")
    except ModuleNotFoundError as error:
        raise ParityError(
            f"--{name} needs {error.name}, which is not installed; "
            "install it with: pip install 'gmvp-parity[report]'"
        ) from error
