"""A whole simulation: ten parts made in parallel, in a folder that appears when all are done.

Work in progress is in a folder with a fixed name next to the output. A killed run leaves its
finished parts there; a run with the same settings resumes from them, and one with other settings
starts over.
The data do not depend on the number of processes, because each part is made by one process.
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
from converters.destination import check_folder, check_parent
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
    """Simulate into a folder, atomically; return the content of truth.json.

    Args:
        settings: what determines the data.
        output: the folder to make; its parent must exist.
        outputs: which files to write.
        jobs: number of worker processes.
        force: replace an existing simulation.
        advance: called with the number of variants made since the last call.

    Raises:
        InputError: contradictory settings, something else at the destination, another run that is
            writing to it, or a worker process that was killed.
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
        _clear(folder, outputs)
        put_in_place(folder, output)
    return account


def check_destination(output: Path, force: bool) -> None:
    """Raise InputError for a destination that is not a replaceable simulation."""
    check_parent(output)
    check_folder(output, "simulation", _is_part, force)


def _is_part(name: str) -> bool:
    record = name.startswith("train_r") and name.endswith((".tfrec", ".store"))
    return record or name in (*TABLES, FEATURES, RAW)


@contextmanager
def _workshop(output: Path, settings: Settings, outputs: Outputs) -> Iterator[Path]:
    """Lock and yield the working folder, with finished parts of a run with the same settings."""
    folder = output.with_name(f".{output.name}.unfinished")
    work = {"version": VERSION, "settings": settings._asdict(), "outputs": outputs._asdict()}
    folder.mkdir(exist_ok=True)
    with open(folder / _LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"{output}: another run is writing to it; wait until it finishes"
            ) from None
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


def _clear(folder: Path, outputs: Outputs) -> None:
    """Remove the files that only the running simulation needs."""
    for number in range(FILES):
        known_path(folder, outputs, number).unlink()
    (folder / _WORK).unlink()
    (folder / _LOCK).unlink()


def _read_work(path: Path) -> Any:
    with suppress(OSError, ValueError, RecursionError):
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
    global _made  # the only way to pass a value from a pool's initializer to its tasks
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
    # Spawned, because the progress bar has a thread, and forking with threads may hang.
    context = get_context("spawn")
    made = context.Value("q", 0)
    pool = ProcessPoolExecutor(min(jobs, len(left)), context, _begin, (made,))
    try:
        with interrupts_left_to_this_process():
            futures: set[Future[None]] = {
                pool.submit(_write_part, (settings, outputs, plan, number), folder)
                for number in left
            }
        reported = 0
        while futures:
            done, futures = wait(futures, _POLL, FIRST_EXCEPTION)
            for future in done:
                future.result()
            now = made.value
            advance(now - reported)
            reported = now
    except BrokenProcessPool:
        raise InputError(
            "a worker process was killed, perhaps out of memory; run this again with fewer"
            " --jobs to continue"
        ) from None
    except BaseException:
        # Unfinished parts are lost; finished ones are kept for the next run.
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
