"""Python interpreters that sides run in, other than this one, for the ports declared now."""

from collections.abc import Iterator
from contextlib import contextmanager

ROLES = ("reference", "candidate")
_HERE = {"reference": "tensorflow", "candidate": "torch"}
_paths: dict[str, str] = {}


@contextmanager
def sides_in(reference: str | None = None, candidate: str | None = None) -> Iterator[None]:
    """Declare ports in the block whose sides run in these interpreters; None for this one."""
    global _paths
    given = {"reference": reference, "candidate": candidate}
    before, _paths = _paths, {role: path for role, path in given.items() if path is not None}
    try:
        yield
    finally:
        _paths = before


def interpreter_of(role: str) -> str | None:
    """Return the path of the interpreter of "reference" or "candidate"; None for this one."""
    return _paths.get(role)


def remote_framework(role: str) -> str:
    """Return the name of the runner of a side in another interpreter, that of its option."""
    return f"{role}-python"


def role_of(framework: str) -> str | None:
    """Return the role whose runner in another interpreter has a name; None for other runners."""
    return next((role for role in ROLES if framework == remote_framework(role)), None)


def framework_here(framework: str) -> str:
    """Return the name that a side's framework has where no other interpreter is named for it."""
    role = role_of(framework)
    return framework if role is None else _HERE[role]


def options() -> list[str]:
    """Return the options that name the present interpreters, as words of a command."""
    return [word for role, path in _paths.items() for word in (f"--{role}-python", path)]
