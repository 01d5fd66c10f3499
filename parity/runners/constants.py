"""What the runners' changes of constants have in common: where the user's code states one."""

import os
import sys

_LIBRARIES = ("tensorflow", "keras", "tf_keras", "torch", "numpy", "parity", "contextlib")


def user_line(depth: int = 80) -> str:
    """Return "file.py:line" of the innermost caller outside the frameworks and parity; or ""."""
    frame = sys._getframe(1)
    for _ in range(depth):
        module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if module not in _LIBRARIES and not frame.f_code.co_filename.startswith("<"):
            name = os.path.basename(frame.f_code.co_filename)
            return "" if _is_command(module) else f"{name}:{frame.f_lineno}"
        if frame.f_back is None:
            break
        frame = frame.f_back
    return ""


def _is_command(module: str) -> bool:
    """Return whether a frame belongs to what started parity: none of the layer's code is below."""
    return module in ("typer", "click", "pytest", "_pytest", "pluggy", "runpy", "__main__")
