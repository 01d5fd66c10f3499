"""Silencing of frameworks' output during import or export."""

import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from typing import TextIO


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back this process's standard error, and write it out only if the block fails.

    Works on the file descriptor, since C++ code writes there directly. TensorFlow's own switch
    (TF_CPP_MIN_LOG_LEVEL) is read too late for its first messages.
    """
    with tempfile.TemporaryFile() as held, _redirected(sys.stderr, 2, held.fileno()) as original:
        try:
            yield
        except Exception:
            held.seek(0)
            os.write(original, held.read())
            raise


@contextmanager
def silent() -> Iterator[None]:
    """Discard everything that the block prints, logs or warns about, even if it fails.

    For exporters, whose exceptions contain everything relevant.
    """
    with ExitStack() as undone, open(os.devnull, "w") as devnull:
        undone.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        undone.enter_context(_redirected(sys.stdout, 1, devnull.fileno()))
        undone.enter_context(_redirected(sys.stderr, 2, devnull.fileno()))
        undone.enter_context(redirect_stdout(io.StringIO()))
        undone.enter_context(redirect_stderr(io.StringIO()))
        yield


@contextmanager
def _redirected(stream: TextIO, descriptor: int, target: int) -> Iterator[int]:
    """Point a descriptor at `target` for the block; gives a copy of where it pointed before.

    So is that of the stream, if it has another one (parity.report.native_stderr): what holds the
    stream, such as a logger, is redirected too.
    """
    stream.flush()
    copies = {number: os.dup(number) for number in {descriptor, *_own_descriptor(stream)}}
    try:
        for number in copies:
            os.dup2(target, number)
        yield copies[descriptor]
    finally:
        for number, original in copies.items():
            os.dup2(original, number)
            os.close(original)


def _own_descriptor(stream: TextIO) -> tuple[int, ...]:
    try:
        return (stream.fileno(),)
    except (OSError, ValueError):
        return ()
