"""What a reference gives under each supposition, run once for all the candidates held to it."""

from typing import Any

from parity.errors import ParityError
from parity.execute import run_side
from parity.port import Arrays, Pair
from parity.trace import Task
from parity.traps import options

# How much memory kept runs may take.
KEPT_BYTES = 1 << 30


class ReferenceRuns:
    """What the reference gives for one task if mistakes are supposed; they are runs to keep.

    They do not hang on the candidate, so that many candidates can be held to them.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Arrays | None] = {}
        self._bytes = 0
        self._read: frozenset[str] | None = None

    def get(
        self,
        pair: Pair,
        task: Task,
        supposed_of: tuple[str, ...] = (),
        question: str = "",
        dtype: str = "float64",
    ) -> Arrays | None:
        """The outputs of the pair's reference; None if it cannot run so.

        Args:
            pair: the mistakes that are supposed are planted in its reference.
            task: what to run.
            supposed_of: the names of those mistakes; with none, that it cannot run is an error.
            question: tells tasks of one case apart: the same name, the same task.
            dtype: of the run.
        """
        key = (supposed_of, question, dtype, task.differentiate)
        if key in self._kept:
            return self._kept[key]
        try:
            given = run_side(pair, "reference", task, dtype).named()
        except (ParityError, ValueError, KeyError):
            if not supposed_of:
                raise
            given = None
        size = sum(array.nbytes for array in (given or {}).values())
        if self._bytes + size <= KEPT_BYTES:
            self._kept[key] = given
            self._bytes += size
        return given

    def options_read(self, pair: Pair, task: Task) -> frozenset[str]:
        """The options that the pair's reference looks up."""
        if self._read is None:
            self._read = options.read(pair, task, "reference")
        return self._read
