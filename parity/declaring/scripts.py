"""A Python file of the user's, executed as a script is."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from parity.errors import ParityError, describe


def executed(path: Path, what: str) -> ModuleType:
    """The module that a file makes, executed anew; `what` is looked for in it, as errors say.

    What lies beside the file can be imported, and the module itself be found by its name.

    Raises ParityError if it is no file, or fails: its own error is shown as it is, in one line.
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
