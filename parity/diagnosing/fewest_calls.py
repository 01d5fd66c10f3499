"""Choice among repairs that explain a mismatch as well: those that repeat another are left out."""

from parity.declaring.known_bug import OtherOperation
from parity.diagnosing.diagnosis import RootCause

A_NUMBER = "as in the reference"
"""The end of the names of repairs that have a number of the reference."""
# Two repairs of a gate that are the same function.
_EXCHANGED, _TURNED = "factors of its products exchanged", "with one minus its"


def in_fewest_calls(causes: list[RootCause]) -> list[RootCause]:
    """Leave out a repair of several calls where that of one of them does as much.

    A number of the reference that does what another repair does is left out too.
    """
    changes = [cause.known_bugs[0].change for cause in causes if len(cause.known_bugs) == 1]
    known = [change for change in changes if isinstance(change, OtherOperation)]

    def repeats(cause: RootCause) -> bool:
        own = cause.known_bugs[0].change
        if not isinstance(own, OtherOperation) or len(cause.known_bugs) > 1:
            return False
        return any(one.is_part_of(own) or _says_more(one, own) for one in known)

    return [cause for cause in causes if not repeats(cause)]


def _says_more(one: OtherOperation, other: OtherOperation) -> bool:
    """Return whether one repairs the same calls as the other, which has a number instead.

    A number that may be missing anywhere says less than any repair of what is there, and turning
    every gate around says less than exchanging what two of them let through.
    """
    if one.way.endswith(_EXCHANGED) and other.way.startswith(_TURNED):
        return other.index is None or bool(other.among)
    same = (one.kind, one.index, one.among) == (other.kind, other.index, other.among)
    numbers = [each.way.endswith(A_NUMBER) for each in (one, other)]
    return (same and numbers == [False, True]) or (_is_missing(other) and not _is_missing(one))


def _is_missing(change: OtherOperation) -> bool:
    return change.way.endswith(A_NUMBER) and not change.way.startswith("with ")
