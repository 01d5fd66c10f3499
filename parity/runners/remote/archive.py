"""The one file that another interpreter is given: the modules that run a side, as an archive.

Python executes such an archive like a script. It holds what `worker.py` and the modules of one side
import of this project, so that none of it has to be installed there.
"""

import ast
import io
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import parity
from parity.runners.remote.older_syntax import HELPERS, in_older_syntax

_ROOT = Path(parity.__file__).parent
OLDEST = (3, 8)
"""The oldest Python that can run a side."""
# Any Python can read this, however old; what it prints is the line that `process.py` waits for.
_MAIN = (
    f"OLDEST = {OLDEST}\n"
    + """\
import json, platform, sys
started = {"python": platform.python_version()}
if sys.version_info < OLDEST:
    started["error"] = "is Python %s; expected %s or later" % (
        platform.python_version(), ".".join(map(str, OLDEST)))
else:
    try:
        import numpy
        started["numpy"] = numpy.__version__
    except Exception as error:
        started["error"] = "has no numpy that works: %s" % error
sys.stdout.write("parity-worker " + json.dumps(started) + "\\n")
sys.stdout.flush()
if "error" not in started:
    from parity.runners.remote.worker import main
    main(*sys.argv[1:])
"""
)


@cache
def archive_of(*entries: str) -> bytes:
    """Return the archive for the modules named and all that they import, translated."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("__main__.py", _MAIN)
        for name, file in sorted(_needed(entries).items()):
            inside = name.replace(".", "/") + ("/__init__.py" if file.stem == "__init__" else ".py")
            source = file.read_text(encoding="utf-8")
            archive.writestr(inside, source if name == HELPERS else in_older_syntax(source))
    return content.getvalue()


def _needed(entries: Sequence[str]) -> dict[str, Path]:
    """Return the files of modules and of all that they import of this project, by name."""
    found: dict[str, Path] = {}
    left = [*entries, HELPERS]
    while left:
        name = left.pop()
        file = _file(name)
        if file is None or name in found:
            continue
        found[name] = file
        left += [name.rpartition(".")[0], *_imported(ast.parse(file.read_text(encoding="utf-8")))]
    return found


def _file(name: str) -> Path | None:
    """Return the file of one of this project's modules; None for any other name."""
    first, *rest = name.split(".")
    if first != "parity":
        return None
    path = _ROOT.joinpath(*rest)
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield what may be the name of a module in the imports within, but for types alone."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.ImportFrom) and child.module:
            yield child.module
            yield from (f"{child.module}.{name.name}" for name in child.names)
        elif isinstance(child, ast.Import):
            yield from (name.name for name in child.names)
        else:
            yield from _imported(child)
