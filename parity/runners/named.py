"""What a user names as FILE.py:attribute or module:attribute, and the making of it."""

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.declaring.scripts import execute
from parity.errors import ParityError, describe, unknown


def split(name: str) -> tuple[str, str]:
    """The file or module, and the attribute; ParityError if the name has not both."""
    where, colon, attribute = name.rpartition(":")
    if not colon or not where or not attribute.isidentifier():
        raise ParityError(
            f"'{name}' names no model; expected FILE.py:attribute or module:attribute, "
            "for instance reference.py:make_model"
        )
    return where, attribute


def module_of(name: str, beside: Path) -> ModuleType:
    """The module, executed anew if it is a file; paths are taken from the folder `beside`.

    Raises ParityError if it does not exist or fails.
    """
    where, _ = split(name)
    if where.endswith(".py"):
        return execute(beside / where, "model")
    if str(beside.absolute()) not in sys.path:
        sys.path.insert(0, str(beside.absolute()))
    try:
        return importlib.import_module(where)
    except ParityError:
        raise
    except ModuleNotFoundError as error:
        if error.name == where.partition(".")[0]:
            raise ParityError(f"no module '{where}'; to name a file, write {where}.py") from error
        raise ParityError(f"{where} cannot be read: {describe(error)}") from error
    except (Exception, SystemExit) as error:
        raise ParityError(f"{where} cannot be read: {describe(error)}") from error


def attribute_of(module: ModuleType, name: str) -> Any:
    """The attribute; ParityError with the near names if there is none."""
    where, attribute = split(name)
    if not hasattr(module, attribute):
        own = [k for k, v in vars(module).items() if callable(v) and not k.startswith("_")]
        raise ParityError(f"{where}: {unknown('attribute', attribute, own)}")
    return getattr(module, attribute)


def made(factory: Any, name: str, dtype: str) -> Any:
    """What a factory makes; one that takes `dtype` is given it.

    Raises ParityError if it needs other arguments, or raises.
    """
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    needed = [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.name != "dtype"
    ]
    if needed:
        raise ParityError(
            f"{name} needs the arguments {', '.join(needed)}; name a function without arguments "
            f"that makes it, for instance: def make_model(): return {split(name)[1]}(...)"
        )
    given = {"dtype": dtype} if any(parameter.name == "dtype" for parameter in parameters) else {}
    try:
        return factory(**given)
    except ParityError:
        raise
    except (Exception, SystemExit) as error:
        raise ParityError(f"{name} cannot be made: {describe(error)}") from error


def in_order(
    arguments: list[str], names: list[str], values: list[Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Inputs as positional and keyword arguments: by name if all names are known, else in order."""
    if len(names) > 1 and set(names) <= set(arguments):
        return [], dict(zip(names, values, strict=True))
    return values, {}
