"""Where the reference's side of a case comes from: from running it, or from a recording of it."""

from typing import Any, Protocol

from parity.checking.execution import gradient_jumps, reference_errors
from parity.declaring.frameworks import runner
from parity.declaring.port import Configuration, Pair
from parity.declaring.trace import Task, Trace
from parity.runners.side import run_side


class Reference(Protocol):
    """The reference's runs, by pair and configuration."""

    provenance: dict[str, Any] | None
    """Of a recording, how it came to be; None where the reference is run."""
    remarks: tuple[str, ...]
    """What a reader should know of a recording besides."""

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """The version of each framework that the references of a port name."""

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """The reference's run of a task.

        Raises ParityError if there is none; SideFailedError if the layer itself raises.
        """

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """The reference's float32 errors on neighbours of a task (`execute.reference_errors`).

        Raises UnsampledError if they cannot be had.
        """

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """What kinks do to the reference's gradients (`execute.gradient_jumps`).

        Raises UnsampledError if it cannot be had.
        """


class LiveReference:
    """Runs the reference whenever it is asked for."""

    provenance: dict[str, Any] | None = None
    remarks: tuple[str, ...] = ()

    def versions(self, frameworks: set[str]) -> dict[str, str]:
        """As the runners say."""
        return {name: runner(name).version() for name in frameworks}

    def trace(self, pair: Pair, config: Configuration, task: Task, dtype: str = "float32") -> Trace:
        """Run it."""
        return run_side(pair, "reference", task, dtype)

    def errors(self, pair: Pair, config: Configuration, task: Task) -> dict[str, float]:
        """Run it on the neighbours."""
        return reference_errors(pair, task)

    def jumps(self, pair: Pair, config: Configuration, task: Task, by: float) -> dict[str, float]:
        """Run it across the kinks."""
        return gradient_jumps(pair, task, by)
