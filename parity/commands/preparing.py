"""From what a user names to a port, its inputs and a checker."""

from pathlib import Path
from typing import TYPE_CHECKING

from parity.errors import ParityError, describe

if TYPE_CHECKING:
    from parity.checking.checker import Checker
    from parity.checking.selection import Selection
    from parity.declaring.inputs import InputSet
    from parity.declaring.port import Port


def modes_of(mode: str) -> tuple[str, ...]:
    """The modes that --mode names."""
    from parity.checking.selection import MODES

    return MODES if mode == "both" else (mode,)


def prepare(
    port: str,
    selection: "Selection",
    source: str | None,
    records: int,
    golden: Path | None = None,
) -> "Checker":
    """A checker of what is asked; with `golden`, the reference's side is that recording.

    Raises ParityError as `chosen` does, and StaleError for a recording of something else.
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
    """Find the port, make sure of the names asked for, and read the inputs, in that order.

    Raises ParityError with the near names for what does not exist, and for inputs that cannot be
    read.
    """
    from parity.checking.selection import select
    from parity.declaring.registry import find

    found = find(port)
    select(found, selection)
    return found, load(found, source, selection.seed, records)


def load(port: "Port", source: str | None, seed: int, records: int) -> "InputSet":
    """The inputs that a user names; ParityError in one line if they cannot be read."""
    try:
        return port.load_inputs(source, seed, records)
    except ParityError:
        raise
    except Exception as error:
        # In a port of the user's this is the user's code.
        raise ParityError(f"inputs cannot be loaded: {describe(error)}") from error
