"""Matrices of many transcripts, in parallel; what is there already is left alone."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from converters.columns import FEATURE_COLUMNS
from converters.errors import InputError
from converters.features.files import SUFFIXES, load_npy, save_matrix
from converters.features.matrix import make_matrix
from converters.features.raw_files import RawFiles, RawFolder
from converters.pickles import load_array
from converters.processes import end_with_parent, interrupts_left_to_this_process

_WORTH_A_POOL = 4
"""Below so many transcripts, starting processes takes longer than the work."""


class Outcome(NamedTuple):
    """What became of a transcript: `status` built, present, skipped or failed, and why."""

    transcript: str
    status: str
    reason: str = ""
    notes: tuple[str, ...] = ()


class _Task(NamedTuple):
    raw: RawFiles
    output: Path
    force: bool


def build(
    folder: RawFolder,
    transcripts: Sequence[str],
    output: str | Path,
    form: str,
    jobs: int,
    force: bool = False,
    advance: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """Build the matrix of each transcript, and say what became of each, in the order given.

    A matrix that is there, whole and newer than all of its raw files, is left alone unless `force`
    is set. One transcript's failure is no other's.

    Args:
        folder: the raw files.
        transcripts: ids.
        output: an existing folder for `<id>.npy` or `<id>.pickle`.
        form: "npy" or "pickle".
        jobs: processes at work.
        force: build what is there already, too.
        advance: called after each transcript.

    Raises:
        InputError: a process at work was killed.
        OSError: the disk is full, or the folder cannot be written to.
    """
    tasks = [
        _Task(folder.find(name), Path(output) / f"{name}{SUFFIXES[form]}", force)
        for name in transcripts
    ]
    found: dict[str, Outcome] = {}
    for outcome in _in_processes(tasks, jobs) if jobs > 1 else map(_build_one, tasks):
        found[outcome.transcript] = outcome
        advance()
    return [found[name] for name in transcripts]


def _in_processes(tasks: list[_Task], jobs: int) -> Iterator[Outcome]:
    if len(tasks) < _WORTH_A_POOL:
        yield from map(_build_one, tasks)
        return
    # Spawned, not forked: the progress bar has a thread, and forking with threads may hang.
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn"), end_with_parent)
    try:
        with interrupts_left_to_this_process():
            futures = [pool.submit(_build_one, task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise InputError(
            "a process at work was killed, perhaps for want of memory; run this again, with fewer"
            " --jobs, to go on"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _build_one(task: _Task) -> Outcome:
    raw, output = task.raw, task.output
    if raw.missing:
        return Outcome(raw.transcript, "skipped", f"no {', no '.join(raw.missing)}")
    try:
        if not task.force and _is_current(raw, output):
            return Outcome(raw.transcript, "present")
        made = make_matrix(raw)
    except InputError as error:
        return Outcome(raw.transcript, "failed", str(error))
    except OSError as error:
        return Outcome(raw.transcript, "failed", f"{error.filename}: {error.strerror}")
    # What goes wrong in writing is the disk's fault, not the transcript's, and ends the run.
    save_matrix(output, made.matrix)
    return Outcome(raw.transcript, "built", notes=made.notes)


def _is_current(raw: RawFiles, output: Path) -> bool:
    try:
        written = output.stat().st_mtime_ns
    except FileNotFoundError:
        return False
    if any(os.stat(path).st_mtime_ns >= written for path in raw.paths.values()):
        return False
    try:
        matrix = load_npy(output) if output.suffix == ".npy" else load_array(output)
    except InputError:
        return False
    return matrix.ndim == 2 and matrix.shape[1] == FEATURE_COLUMNS
