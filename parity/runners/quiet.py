"""Keeps what a framework's C++ code says of itself while it is loaded off the user's terminal."""

import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the standard error of this process; give it out only if the block fails.

    Works on the file descriptor, since the messages do not pass through Python, and TensorFlow's
    own switch (TF_CPP_MIN_LOG_LEVEL) is read too late for those of its start.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


@contextmanager
def silent() -> Iterator[None]:
    """Let nothing that the block prints, logs or warns of reach the user, even if it fails.

    For exporters, which talk at length; what they raise says what is to be known.
    """
    with ExitStack() as undone:
        undone.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
            stream.flush()
            undone.enter_context(_into_nothing(descriptor))
        undone.enter_context(redirect_stdout(io.StringIO()))
        undone.enter_context(redirect_stderr(io.StringIO()))
        yield


@contextmanager
def _into_nothing(descriptor: int) -> Iterator[None]:
    kept = os.dup(descriptor)
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)
    try:
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
