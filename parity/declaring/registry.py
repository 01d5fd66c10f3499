"""Lookup of a port by the name it is installed under, or in a file of the user's."""

import importlib.util
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from parity.declaring.port import Port
from parity.declaring.scripts import execute
from parity.errors import ParityError, UnavailableError, unknown

GROUP = "parity.ports"
_DECLARED = "port = parity.Port(...)"


def find(name: str) -> Port:
    """Return the installed port of that name, or the one that a .py file declares as `port`.

    Raises ParityError if there is none.
    """
    if name.endswith(".py"):
        return _checked(getattr(execute(Path(name), "port"), "port", None), name)
    installed = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name in installed:
        return _checked(_load(installed[name]), name)
    if name and Path(name).exists():
        kind = "folder" if Path(name).is_dir() else "file that does not end in .py"
        raise ParityError(
            f"{name} is a {kind}; expected a .py file that contains {_DECLARED}, or the name of an "
            f"installed port: {', '.join(installed)}"
        )
    beside = [name + ".py"] if Path(name + ".py").is_file() else []
    raise unknown("port", name, [*installed, *beside])


def source_file(name: str) -> Path | None:
    """Return the file that declares the port of that name; None if it cannot be found."""
    if name.endswith(".py"):
        files = [name]
    else:
        modules = [entry.module for entry in entry_points(group=GROUP, name=name)]
        found = [importlib.util.find_spec(module) for module in modules]
        files = [spec.origin for spec in found if spec is not None and spec.origin is not None]
    return next((Path(file) for file in files if Path(file).is_file()), None)


def _load(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        message = f"{error.name} is not installed, and the port '{entry.name}' needs it"
        extras = entry.dist.metadata.get_all("Provides-Extra") if entry.dist else None
        if entry.dist and entry.name in (extras or ()):
            message += f"; install it with: pip install '{entry.dist.name}[{entry.name}]'"
        raise UnavailableError(message) from error


def _checked(port: object, where: str) -> Port:
    if not isinstance(port, Port):
        raise ParityError(f"{where} does not declare a port; it should contain: {_DECLARED}")
    return port
