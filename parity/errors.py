"""What can keep the engine from comparing, each with the one line that the user is shown."""

import difflib
import re
from collections.abc import Iterable


class ParityError(Exception):
    """Something the user can mend; its text is the whole message."""


class UnavailableError(ParityError):
    """A framework that a side needs is not installed."""


class InputError(ParityError):
    """The inputs asked for cannot be read."""


class DeclarationError(ParityError):
    """A port's declaration does not fit the layers it declares."""


class StructureError(ParityError):
    """A side's weights or outputs are not the ones that the declaration names."""


class StaleError(ParityError):
    """A recording is missing, damaged, or not of what is asked now."""


class UnsampledError(ParityError):
    """How far the reference's own rounding goes was not recorded."""


class NotExportedError(ParityError):
    """A layer has no ONNX form that its framework's exporter can make."""


class SideFailedError(ParityError):
    """A layer under test raised an error of its own."""


def describe(error: BaseException) -> str:
    """Somebody else's error in one line: its kind, and the first line of what it says.

    Keras begins with where it was called, and says what was wrong after that, at times in bold;
    TensorFlow begins with the name of a node, in double braces.
    """
    plain = re.sub(r"\x1b\[[0-9;]*m|\{\{.*?\}\} ", "", str(error))
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("Exception encountered when calling")]
    return f"{type(error).__name__}: {next(iter(telling or lines), 'no message')}"


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out, in Python's words or a framework's."""
    said = str(error)
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ in ("ResourceExhaustedError", "OutOfMemoryError")
        or "DefaultCPUAllocator: can't allocate memory" in said
        or "failed to allocate memory" in said
    )


def unknown(what: str, name: str, known: Iterable[str]) -> ParityError:
    """An error for a name that is not among `known`, with the near ones."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    return ParityError(f"unknown {what} '{name}'; {hint}")
