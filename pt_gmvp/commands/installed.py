"""What a command needs that a bare installation does not have."""

from converters.errors import InputError


def check_installed(what: str, *modules: str, extras: str = "torch,train") -> None:
    """Refuse to begin without modules that would be missed later, perhaps after hours.

    Args:
        what: needs them.
        modules: by the names they are imported by.
        extras: of this project, that install them.

    Raises:
        InputError: naming the first one missing, what needs it, and how to install it.
    """
    from importlib.util import find_spec

    for module in modules:
        if find_spec(module) is None:
            raise InputError(
                f"{module} is not installed, and {what} needs it; install it with: "
                f"pip install 'gmvp-parity[{extras}]'"
            )
