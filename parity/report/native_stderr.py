"""Labels on what native libraries write to standard error, such as a line of oneMKL.

Such lines say nothing of the case that they belong to. A process of its own puts it before them:
unlike a thread of this one, it also passes on what a library writes before it aborts. It runs this
file, which therefore imports only the standard library.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_MARK = b"\0"
"""Begins a message to the labelling process: the next label, or nothing for the end."""


@contextmanager
def labelled_stderr(label: str) -> Iterator[Callable[[str], None]]:
    """Label each line that native code writes while the block runs; gives a function to relabel.

    What Python code writes to `sys.stderr` is left as it is. Nothing is labelled where standard
    error is not this process's own, as in a test that captures it.
    """
    if not _is_own():
        yield lambda text: None
        return
    sys.stderr.flush()
    original = os.dup(2)
    labeller = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for this process alone.
    )
    assert labeller.stdin is not None
    pipe = labeller.stdin.fileno()

    def relabel(text: str) -> None:
        with suppress(OSError):  # Nobody reads standard error.
            os.write(pipe, _MARK + text.replace("\n", " ").encode(errors="replace") + b"\n")

    before = sys.stderr
    sys.stderr = open(os.dup(original), "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
    os.dup2(pipe, 2)
    try:
        relabel(label)
        yield relabel
    finally:
        # Not closed: a logger that was made in the block, such as TensorFlow's, holds the stream.
        sys.stderr.flush()
        sys.stderr = before
        # Processes that the block started may keep the pipe open, so its end is said.
        relabel("")
        os.dup2(original, 2)
        os.close(original)
        labeller.stdin.close()
        labeller.wait()


def _is_own() -> bool:
    """Return whether `sys.stderr` writes to this process's standard error."""
    try:
        return sys.stderr is not None and sys.stderr.fileno() == 2
    except (OSError, ValueError):
        return False


def _label_lines() -> None:
    """Copy standard input to standard error, each line behind the latest label."""
    label, rest = b"", b""
    while chunk := os.read(0, 65536):
        *lines, rest = (rest + chunk).replace(_MARK, b"\n" + _MARK).split(b"\n")
        for line in lines:
            if line == _MARK:
                return
            if line.startswith(_MARK):
                label = line[1:]
            elif line:
                os.write(2, b"[" + label + b"] " + line + b"\n")
    if rest and not rest.startswith(_MARK):
        os.write(2, b"[" + label + b"] " + rest + b"\n")


if __name__ == "__main__":
    with suppress(OSError):
        _label_lines()
