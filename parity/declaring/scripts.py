"""Execution of a user's Python file."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from parity.errors import ParityError, describe


def execute(path: Path, what: str) -> ModuleType:
    """Execute a file, even if it was executed before, and return its module.

    The file can import its neighbours in the folder, and is itself importable by its name. Raises
    ParityError if it does not exist or fails, with its own error in one line; `what` names what is
    to be read from it.
    """
    if path.is_dir():
        raise ParityError(f"{path} is a folder; expected a Python file to read a {what} from")
    if not path.exists():
        raise ParityError(f"no file {path} to read a {what} from")
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    folder = str(path.absolute().parent)
    sys.path[:] = [folder, *(place for place in sys.path if place != folder)]
    sys.modules[path.stem] = module
    try:
        specification.loader.exec_module(module)
    except ParityError:
        raise
    except (Exception, SystemExit) as error:
        raise ParityError(f"{path} cannot be read as a {what}: {describe(error)}") from error
    return module
