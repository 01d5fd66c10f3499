"""A whole simulation: its ten parts in parallel, in a folder that appears when all are done.

The work lies in a folder of a fixed name beside the output. A run that is killed leaves there what
parts it finished, and the next run of the same settings goes on with the others; other settings
start anew. The data do not depend on the number of processes, as a part is one process's work.
"""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np

from converters.atomic import file_beside, put_in_place
from converters.destination import check_folder
from converters.errors import InputError
from converters.processes import end_with_parent, interrupts_left_to_this_process
from converters.simulation.part import FEATURES, RAW, Known, Outputs, Part, known_path
from converters.simulation.plan import FILES, Plan, Settings, make_plan
from converters.simulation.truth import TABLES, VERSION, gathered, write_truth

_WORK, _LOCK = "work.json", "lock"
_POLL = 0.2


def simulate(
    settings: Settings,
    output: Path,
    outputs: Outputs = Outputs(),  # noqa: B008 - it cannot be changed
    jobs: int = 1,
    force: bool = False,
    advance: Callable[[float], None] = lambda units: None,
) -> dict[str, Any]:
    """Simulate proteins and variants into a folder, which appears whole or not at all.

    Args:
        settings: what the data are.
        output: the folder to make; the one it lies in must exist.
        outputs: which files of them.
        jobs: processes at work.
        force: replace a simulation that is there.
        advance: called with the number of variants made since the last call.

    Returns:
        What truth.json holds.

    Raises:
        InputError: settings that contradict each other, something else at the destination, another
            run that is at work on it, or a process that was killed.
        OSError: a file cannot be written.
    """
    check_destination(output, force)
    plan = make_plan(settings)
    output = output.resolve()
    with _workshop(output, settings, outputs) as folder:
        left = [n for n in range(FILES) if not known_path(folder, outputs, n).exists()]
        advance(int((~np.isin(plan.file, left)).sum()))
        if jobs > 1 and len(left) > 1:
            _in_processes(settings, outputs, plan, left, folder, jobs, advance)
        else:
            for number in left:
                Part(settings, outputs, plan, number).write(folder, advance)
        account = write_truth(folder, settings, outputs, _read_known(folder, outputs))
        for number in range(FILES):
            known_path(folder, outputs, number).unlink()
        (folder / _WORK).unlink()
        (folder / _LOCK).unlink()
        put_in_place(folder, output)
    return account


def check_destination(output: Path, force: bool) -> None:
    """Refuse a destination that holds anything but a simulation which may be replaced.

    Raises:
        InputError: it is a file, or a folder that holds something else or may not be replaced.
    """
    parent = output.resolve().parent
    if not parent.is_dir():
        raise InputError(f"{output}: there is no folder {parent} to write in; make it first")
    check_folder(output, "simulation", _is_part, force, InputError)


def _is_part(name: str) -> bool:
    record = name.startswith("train_r") and name.endswith((".tfrec", ".store"))
    return record or name in (*TABLES, FEATURES, RAW)


@contextmanager
def _workshop(output: Path, settings: Settings, outputs: Outputs) -> Iterator[Path]:
    """Give the folder of the work, with the finished parts of the same work and of no other."""
    folder = output.with_name(f".{output.name}.unfinished")
    work = {"version": VERSION, "settings": settings._asdict(), "outputs": outputs._asdict()}
    folder.mkdir(exist_ok=True)
    with open(folder / _LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(f"{output}: another run is at work on it; wait for its end") from None
        if _read_work(folder / _WORK) != work:
            for item in folder.iterdir():
                if item.name != _LOCK:
                    shutil.rmtree(item) if item.is_dir() else item.unlink()
            with file_beside(folder / _WORK) as partial:
                partial.write_text(json.dumps(work))
        for name, wanted in ((FEATURES, outputs.matrices), (RAW, outputs.raw > 0)):
            if wanted:
                (folder / name).mkdir(exist_ok=True)
        yield folder


def _read_work(path: Path) -> Any:
    with suppress(OSError, ValueError):
        return json.loads(path.read_text())
    return None


def _read_known(folder: Path, outputs: Outputs) -> Known:
    parts = []
    for number in range(FILES):
        with np.load(known_path(folder, outputs, number), allow_pickle=False) as held:
            parts.append(Known(**held))
    return gathered(parts)


_made: "Synchronized[int]"


def _begin(made: "Synchronized[int]") -> None:
    global _made  # what a process of the pool is given at its start has no other place
    _made = made
    end_with_parent()


def _count(units: int) -> None:
    with _made.get_lock():
        _made.value += units


def _write_part(part: tuple[Settings, Outputs, Plan, int], folder: Path) -> None:
    Part(*part).write(folder, _count)


def _in_processes(
    settings: Settings,
    outputs: Outputs,
    plan: Plan,
    left: list[int],
    folder: Path,
    jobs: int,
    advance: Callable[[float], None],
) -> None:
    # Spawned, not forked: the progress bar has a thread, and forking with threads may hang.
    context = get_context("spawn")
    made = context.Value("q", 0)
    pool = ProcessPoolExecutor(min(jobs, len(left)), context, _begin, (made,))
    try:
        with interrupts_left_to_this_process():
            futures: set[Future[None]] = {
                pool.submit(_write_part, (settings, outputs, plan, number), folder)
                for number in left
            }
        told = 0
        while futures:
            done, futures = wait(futures, _POLL, FIRST_EXCEPTION)
            for future in done:
                future.result()
            now = made.value
            advance(now - told)
            told = now
    except BrokenProcessPool:
        raise InputError(
            "a process at work was killed, perhaps for want of memory; run this again, with fewer"
            " --jobs, to go on"
        ) from None
    except BaseException:
        # What they are at is lost anyway; what is finished is kept for the next run.
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
