"""Port, inputs and checker from the names on a command line."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.errors import ParityError, describe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parity.checking.checker import Checker
    from parity.checking.onnx_cross_check import OnnxCrossChecker
    from parity.checking.selection import Selection
    from parity.declaring.inputs import InputSet
    from parity.declaring.port import Port


def modes_of(mode: str) -> tuple[str, ...]:
    """Return the modes that --mode names."""
    from parity.checking.selection import MODES

    return MODES if mode == "both" else (mode,)


def prepare(
    port: str,
    selection: "Selection",
    source: str | None,
    records: int,
    golden: Path | None = None,
) -> "Checker":
    """Return a checker of the selection; with `golden`, that recording replaces the reference.

    Raises ParityError as `chosen` does, and for a recording of something else.
    """
    from parity.checking.checker import Checker

    found, given = chosen(port, selection, source, records)
    if golden is None:
        return Checker(found, given, selection)
    from parity.record.recorded_reference import RecordedReference
    from parity.record.request import RecordRequest

    recorded = RecordedReference(golden, RecordRequest(port, selection, source, records))
    checker = Checker(found, given, selection, recorded)
    recorded.refuse_unfit(checker)
    return checker


def chosen(
    port: str, selection: "Selection", source: str | None, records: int
) -> "tuple[Port, InputSet]":
    """Find the port, validate the selected names, and read the inputs, in that order.

    Raises ParityError with similar names for an unknown one, and for unreadable inputs.
    """
    from parity.checking.selection import select
    from parity.declaring.registry import find

    found = find(port)
    select(found, selection)
    return found, load(found, source, selection.seed, records)


def load(port: "Port", source: str | None, seed: int, records: int) -> "InputSet":
    """Return the inputs that a user names; raise ParityError if they cannot be read."""
    try:
        return port.load_inputs(source, seed, records)
    except ParityError:
        raise
    except Exception as error:
        # In a user's port this is the user's code.
        raise ParityError(f"inputs cannot be loaded: {describe(error)}") from error


def cross_checked(
    candidate: bool, reference: bool, folder: str | None, modes: "Sequence[str]"
) -> "OnnxCrossChecker | None":
    """Return the ONNX cross-check of the sides asked for; None for neither.

    Raises ParityError if the folder cannot be made or would stay empty, and if no case is
    isolated, as only isolated layers are exported.
    """
    if not candidate and not reference:
        if folder is not None:
            raise ParityError("--keep-onnx keeps exported files; add --onnx or --onnx-reference")
        return None
    if "isolated" not in modes:
        raise ParityError("only isolated layers are exported to ONNX; leave out --mode cascade")
    from parity.checking.onnx_cross_check import OnnxCrossChecker

    if folder is not None:
        try:
            Path(folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ParityError(f"cannot make the folder {folder}: {error.strerror}") from error
    roles = ("candidate",) * candidate + ("reference",) * reference
    return OnnxCrossChecker(roles, Path(folder) if folder else None)
