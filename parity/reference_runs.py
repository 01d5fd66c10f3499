"""What a reference gives under each supposition, run once for all the candidates held to it."""

from typing import Any

from parity.errors import ParityError
from parity.execute import run_side
from parity.port import Arrays, Pair
from parity.trace import Task

# How much memory kept runs may take.
KEPT_BYTES = 1 << 30


class ReferenceRuns:
    """What the reference gives for one task if mistakes are supposed; they are runs to keep.

    They do not hang on the candidate, so that many candidates can be held to them.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Arrays | None] = {}
        self._bytes = 0

    def get(self, pair: Pair, task: Task, supposed_of: tuple[str, ...] = ()) -> Arrays | None:
        """The float64 outputs of the pair's reference; None if it cannot run so.

        `supposed_of` names the mistakes that are planted in it.
        """
        key = (supposed_of, task.differentiate)
        if key in self._kept:
            return self._kept[key]
        try:
            given = run_side(pair, "reference", task, "float64").named()
        except (ParityError, ValueError, KeyError):
            if not supposed_of:
                raise
            given = None
        size = sum(array.nbytes for array in (given or {}).values())
        if self._bytes + size <= KEPT_BYTES:
            self._kept[key] = given
            self._bytes += size
        return given
