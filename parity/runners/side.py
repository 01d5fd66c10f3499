"""Run of one side of a pair, whatever its framework."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from parity.declaring.constants import ConstantChanges
from parity.declaring.frameworks import runner
from parity.declaring.port import Pair, Side
from parity.declaring.shared_models import tracking_constants
from parity.declaring.trace import Task, Trace
from parity.errors import ParityError, SideFailedError, describe, out_of_memory

Watcher = Callable[[], AbstractContextManager[object]]
_watcher: Watcher = nullcontext


@contextmanager
def watch_candidates(watcher: Watcher) -> Iterator[None]:
    """Enter `watcher()` around every run of a candidate in the block."""
    global _watcher
    before, _watcher = _watcher, watcher
    try:
        yield
    finally:
        _watcher = before


def run_side(
    pair: Pair,
    role: str,
    task: Task,
    dtype: str = "float32",
    constants: ConstantChanges | None = None,
) -> Trace:
    """Run the pair's "reference" or "candidate", with its constants changed if asked.

    Raises ParityError if it cannot be run; SideFailedError if the layer itself raises.
    """
    side: Side = getattr(pair, role)
    try:
        task = side.before(task) if side.before else task
        tracking = nullcontext() if constants is None else tracking_constants()
        with _watcher() if role == "candidate" else nullcontext(), tracking:
            trace = runner(side.framework).run(side, role, task, dtype, constants)
        if side.after:
            trace = replace(trace, outputs=side.after(trace.outputs, task))
        return trace
    except ParityError:
        raise
    except (Exception, SystemExit) as error:
        # Any exception of a layer under test is a finding about that layer; the others still run.
        if out_of_memory(error):
            raise SideFailedError(
                f"the {role} ran out of memory in {dtype}: {describe(error)}; use fewer records "
                "(--records) or a smaller configuration (--config)"
            ) from error
        raise SideFailedError(f"the {role} failed in {dtype}: {describe(error)}") from error
