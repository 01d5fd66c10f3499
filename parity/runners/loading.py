"""Loading of objects named as FILE.py:attribute or module:attribute."""

import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from parity.declaring.scripts import execute
from parity.errors import ParityError, SideFailedError, describe, unknown


def split(name: str) -> tuple[str, str]:
    """Split a name into the file or module and the attribute.

    Raises ParityError if it is not of the form.
    """
    where, colon, attribute = name.rpartition(":")
    if not colon or not where or not attribute.isidentifier():
        raise ParityError(
            f"'{name}' does not name a model; expected FILE.py:attribute or module:attribute, "
            "for instance reference.py:make_model"
        )
    return where, attribute


def is_model_file(name: str, folder: Path) -> bool:
    """Return whether a name is that of a model in a file or folder, not of an attribute of code.

    It is if it ends in .keras, .h5 or .pb, or is a path without a colon, relative to `folder`.
    """
    if name.endswith((".keras", ".h5", ".hdf5", ".pb")):
        return True
    return ":" not in name and ("/" in name or (folder / name).is_dir())


def load_attribute(name: str, folder: Path) -> Any:
    """Load what `name` names; a file is executed anew, and found relative to `folder`.

    Raises ParityError if the file, module or attribute does not exist, or if loading it fails.
    """
    where, attribute = split(name)
    module = _module(where, folder)
    if not hasattr(module, attribute):
        own = [k for k, v in vars(module).items() if callable(v) and not k.startswith("_")]
        raise ParityError(f"{where}: {unknown('attribute', attribute, own)}")
    return getattr(module, attribute)


def _module(where: str, folder: Path) -> ModuleType:
    if where.endswith(".py"):
        return execute(folder / where, "model")
    if str(folder.absolute()) not in sys.path:
        sys.path.insert(0, str(folder.absolute()))
    try:
        return importlib.import_module(where)
    except ParityError:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name == where.partition(".")[0]:
            raise ParityError(f"no module '{where}'; to name a file, write {where}.py") from error
        raise ParityError(f"{where} cannot be read: {describe(error)}") from error


def call_factory(factory: Callable[..., object], name: str, dtype: str) -> object:
    """Call a factory, with `dtype` if it has such a parameter.

    Raises ParityError if it needs other arguments, or fails; SideFailedError if that is in float64,
    as some models are built of float32 constants.
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
            f"{name} requires the arguments {', '.join(needed)}; name a function without arguments "
            f"instead, for instance: def make_model(): return {split(name)[1]}(...)"
        )
    given = {"dtype": dtype} if any(parameter.name == "dtype" for parameter in parameters) else {}
    try:
        return factory(**given)
    except ParityError:
        raise
    except (Exception, SystemExit) as error:
        kind = SideFailedError if dtype == "float64" else ParityError
        raise kind(f"{name} cannot be built: {describe(error)}") from error
