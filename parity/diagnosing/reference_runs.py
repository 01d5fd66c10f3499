"""What a side gives under each supposition, run once for all the candidates that share it."""

from dataclasses import replace
from typing import Any

from parity.arrays import Arrays
from parity.declaring.port import Pair, Side
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, SideFailedError, describe
from parity.known_bugs import options
from parity.runners.side import run_side

# How much memory kept runs may take.
KEPT_BYTES = 1 << 30


class ReferenceRuns:
    """What the reference gives for one task if mistakes are supposed; they are runs to keep.

    They do not hang on the candidate, so that many candidates can be held to them. Candidates that
    are built and fed as `shared` is, and differ in what they make of its outputs alone, share its
    runs in the same way.
    """

    def __init__(self, shared: Side | None = None) -> None:
        self._shared = shared
        self._traces: dict[tuple[Any, ...], Trace] = {}
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
        if self._has_room(given or {}):
            self._kept[key] = given
        return given

    def _has_room(self, arrays: Arrays) -> bool:
        size = sum(array.nbytes for array in arrays.values())
        fits = self._bytes + size <= KEPT_BYTES
        self._bytes += size if fits else 0
        return fits

    def candidate(
        self, pair: Pair, right: Side, task: Task, done: tuple[str, ...], question: str
    ) -> Arrays:
        """The float64 outputs of the pair's candidate.

        Args:
            pair: what is done otherwise is planted in its candidate.
            right: the candidate before that.
            task: what to run.
            done: the names of what is done otherwise.
            question: as in `get`.

        Raises ParityError if it cannot run so.
        """
        if self._shared is None or right.build is not self._shared.build or right.before:
            return run_side(pair, "candidate", task, "float64").named()
        key = (done, question, task.differentiate)
        trace = self._traces.get(key)
        if trace is None:
            plain = replace(pair, candidate=replace(pair.candidate, after=None))
            trace = run_side(plain, "candidate", task, "float64")
            if self._has_room(trace.named()):
                self._traces[key] = trace
        if pair.candidate.after is None:
            return trace.named()
        try:
            outputs = pair.candidate.after(dict(trace.outputs), task)
        except Exception as error:
            raise SideFailedError(f"the candidate failed in float64: {describe(error)}") from error
        return replace(trace, outputs=outputs).named()

    def options_read(self, pair: Pair, task: Task) -> frozenset[str]:
        """The options that the pair's reference looks up."""
        if self._read is None:
            self._read = options.read(pair, task, "reference")
        return self._read
