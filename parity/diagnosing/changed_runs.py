"""Runs of a candidate with changes: patches in force for all of it, within limits."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from parity.checking.time_limit import can_be_limited, time_limit
from parity.declaring.known_bug import Change, PatchedCode
from parity.diagnosing.memory_limit import limited_memory

# The most seconds that a run with changed code may take: it may be a loop that does not end.
_LONGEST = 20.0


@contextmanager
def in_force(changes: Sequence[Change]) -> Iterator[None]:
    """Keep patches of code in force in the block: gradients are computed after the call.

    Raises ValueError if a patch cannot be made, ParityError if the block takes too long.
    """
    patches = [change.patch for change in changes if isinstance(change, PatchedCode)]
    seconds = _LONGEST if patches and can_be_limited() else None
    with limited_memory(), time_limit(seconds), ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch())
        yield
