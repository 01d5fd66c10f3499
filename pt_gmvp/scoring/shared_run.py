"""A run that several processes share, and that continues after any interruption."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from time import monotonic
from typing import TypeVar

from converters.errors import InputError
from pt_gmvp.runs.distributed import World, process_group
from pt_gmvp.scoring.folder import PartsFolder
from pt_gmvp.scoring.models import Ensemble
from pt_gmvp.scoring.outputs import Output

_NEXT_STEP = "finished scores are kept: run the same command again to continue"

Plan = TypeVar("Plan")
Work = TypeVar("Work")
Account = TypeVar("Account")


def run_shared(
    folder: PartsFolder,
    load: Callable[[], Ensemble],
    timeout: float,
    plan: Callable[[Ensemble, World], Plan],
    work: Callable[[Ensemble, Plan, World], Work],
    finish: Callable[[Ensemble, Plan, Sequence[Work], float], Account],
) -> Account | None:
    """Plan on the first process, work on all, finish on the first; None on all others.

    Args:
        folder: where finished scores are kept; no other program may be in it meanwhile.
        load: returns the ensemble.
        timeout: seconds for which processes wait for each other.
        plan: what is to do, sent to all processes.
        work: scores this process' share.
        finish: makes the result of all works, which took some seconds.

    Raises:
        InputError: another program is in the folder, or a process of this run ended.
    """
    with ExitStack() as lock:
        with process_group("cpu", timeout, _NEXT_STEP) as world:
            ready: list[Ensemble] = []

            def prepare() -> Plan:
                # On the first process alone, so that an error is printed only once.
                ready.append(load())
                lock.enter_context(folder.locked())
                return plan(ready[0], world)

            planned = world.from_first(prepare)
            ensemble = ready[0] if ready else load()
            started = monotonic()
            works = world.gather(work(ensemble, planned, world))
        if not world.first:
            return None
        return finish(ensemble, planned, works, monotonic() - started)


def one_process(output: Output) -> None:
    """Raise InputError for a stream if there are several processes."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise InputError(
            f"--output {output.path}: several processes cannot write to one stream; name a file"
        )


def say(*lines: str) -> None:
    """Print lines on standard error."""
    for line in lines:
        print(line, file=sys.stderr, flush=True)
