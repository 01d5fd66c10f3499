"""Files that may be a user's own: neither installed, nor Python's, nor the engine's."""

import functools
import sysconfig
from pathlib import Path

_INSTALLED = ("site-packages", "dist-packages")
_ENGINE = Path(__file__).resolve().parents[1]


def is_own(file: str) -> bool:
    """Return whether a code object's file may be a user's: neither installed, nor Python's own."""
    return not file.startswith("<") and _is_own_path(Path(file))


@functools.cache
def _is_own_path(path: Path) -> bool:
    path = path.resolve()
    if any(part in _INSTALLED for part in path.parts) or not path.is_file():
        return False
    roots = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")]
    return not any(path.is_relative_to(root) for root in (*roots, _ENGINE))
