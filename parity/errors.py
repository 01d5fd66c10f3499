"""Errors that are shown to the user, each as one line."""

import difflib
import re
from collections.abc import Iterable


class ParityError(Exception):
    """An error that the user can fix; its text is the whole message."""


class UnavailableError(ParityError):
    """A package that is needed is not installed."""


class InputError(ParityError):
    """Inputs, or a file, that cannot be read."""


class StructureError(ParityError):
    """Weights or outputs of a side that do not match the declaration."""


class StaleError(ParityError):
    """A recording that is missing, damaged, or does not match what is checked."""


class UnsampledError(ParityError):
    """A recording without the reference's sampled rounding errors."""


class NotExportedError(ParityError):
    """A layer that its framework's exporter cannot turn into ONNX."""


class SideFailedError(ParityError):
    """An error that the layer under test raised itself."""


def describe(error: BaseException) -> str:
    """Return a foreign error in one line: its type, and the first informative line.

    Keras begins with the location of the call and only then states the problem, sometimes in bold;
    TensorFlow begins with the name of a node in double braces.
    """
    plain = re.sub(r"\x1b\[[0-9;]*m|\{\{.*?\}\} ", "", str(error))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("Exception encountered when calling")]
    return f"{type(error).__name__}: {next(iter(telling or lines), 'no message')}"


def out_of_memory(error: BaseException) -> bool:
    """Return whether an error means out of memory, whether from Python or a framework."""
    message = str(error)
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError")
        or "DefaultCPUAllocator: can't allocate memory" in message
        or "failed to allocate memory" in message
    )


def unknown(what: str, name: str, known: Iterable[str]) -> ParityError:
    """Return the error for a name that is not among `known`, with the names nearest to it."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return ParityError(f"unknown {what} '{name}'; {hint}")
