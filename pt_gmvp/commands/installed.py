"""Check for packages that a command needs and a minimal installation lacks."""

from converters.errors import InputError


def check_installed(what: str, *modules: str, extras: str = "torch,train") -> None:
    """Raise InputError at the start for modules that would otherwise fail to import hours later.

    Args:
        what: the command that needs them.
        modules: their import names.
        extras: this project's extras that install them.

    Raises:
        InputError: names the first missing one, what needs it, and how to install it.
    """
    from importlib.util import find_spec

    for module in modules:
        if find_spec(module) is None:
            raise InputError(
                f"{module} is not installed, and {what} needs it; install it with: "
                f"pip install 'gmvp-parity[{extras}]'"
            )
