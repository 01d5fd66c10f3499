"""From what a user names to a port, its inputs and a checker."""

from typing import TYPE_CHECKING

from parity.errors import ParityError, describe

if TYPE_CHECKING:
    from parity.check import Checker, Selection
    from parity.port import InputSet, Port


def prepare(port: str, selection: "Selection", source: str | None, records: int) -> "Checker":
    """Find the port, make sure of the names asked for, and read the inputs, in that order.

    Raises ParityError with the near names for what does not exist, and for inputs that cannot be
    read.
    """
    from parity.check import Checker, select
    from parity.registry import find

    found = find(port)
    select(found, selection)
    return Checker(found, load(found, source, selection.seed, records), selection)


def load(port: "Port", source: str | None, seed: int, records: int) -> "InputSet":
    """The inputs that a user names; ParityError in one line if they cannot be read."""
    try:
        return port.load_inputs(source, seed, records)
    except ParityError:
        raise
    except Exception as error:
        # In a port of the user's this is the user's code.
        raise ParityError(f"inputs cannot be loaded: {describe(error)}") from error
