"""Building of many transcripts' matrices in parallel; current ones are kept."""

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
from converters.features.instead import NOTHING, Instead, is_same
from converters.features.matrix import Made, make_matrix
from converters.features.neutral import Neutral
from converters.features.raw_files import RawFiles, RawFolder
from converters.features.stand_ins import StandIns, read_stand_ins, write_stand_ins
from converters.pickles import load_array
from converters.processes import end_with_parent, interrupts_left_to_this_process

_NAMED = 3
_WORTH_A_POOL = 4
"""For fewer transcripts, starting processes would take longer than the work."""

_NOTHING: StandIns = {}


class Outcome(NamedTuple):
    """Outcome for a transcript: `status` built, present, skipped or failed, and the reason.

    `stand_ins` says what stood in for inputs of its matrix.
    """

    transcript: str
    status: str
    reason: str = ""
    notes: tuple[str, ...] = ()
    stand_ins: StandIns = _NOTHING


class _Task(NamedTuple):
    raw: RawFiles
    output: Path
    force: bool
    neutral: Neutral


def build(
    folder: RawFolder,
    transcripts: Sequence[str],
    output: str | Path,
    form: str,
    jobs: int,
    force: bool = False,
    advance: Callable[[], None] = lambda: None,
    instead: Instead = NOTHING,
) -> list[Outcome]:
    """Build the matrix of each transcript; return the outcomes in the given order.

    An existing matrix that is complete and newer than all of its raw files is kept unless `force`
    is set. A transcript that fails does not affect the others.

    Args:
        folder: the raw files.
        transcripts: ids.
        output: an existing folder for `<id>.npy` or `<id>.pickle`.
        form: "npy" or "pickle".
        jobs: number of worker processes.
        force: rebuild existing matrices.
        advance: called after each transcript.
        instead: what stands in for inputs.

    Raises:
        InputError: a worker process was killed.
        OSError: the disk is full, or the folder cannot be written to.
    """
    tasks, found = list[_Task](), dict[str, Outcome]()
    for name in transcripts:
        try:
            raw = instead.of(folder.find(name))
        except InputError as error:
            found[name] = Outcome(name, "failed", str(error))
            advance()
            continue
        path = Path(output) / f"{name}{SUFFIXES[form]}"
        tasks.append(_Task(raw, path, force, instead.neutral))
    for outcome in _in_processes(tasks, jobs) if jobs > 1 else map(_build_one, tasks):
        found[outcome.transcript] = outcome
        advance()
    return [found[name] for name in transcripts]


def _in_processes(tasks: list[_Task], jobs: int) -> Iterator[Outcome]:
    if len(tasks) < _WORTH_A_POOL:
        yield from map(_build_one, tasks)
        return
    # Spawned, because the progress bar has a thread, and forking with threads may hang.
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), get_context("spawn"), end_with_parent)
    try:
        with interrupts_left_to_this_process():
            futures = [pool.submit(_build_one, task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool:
        raise InputError(
            "a worker process was killed, perhaps out of memory; run this again with fewer"
            " --jobs to continue"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _build_one(task: _Task) -> Outcome:
    raw, output = task.raw, task.output
    if raw.missing:
        return Outcome(raw.transcript, "skipped", _missing(raw))
    try:
        if not task.force and _is_current(raw, output, task.neutral):
            return Outcome(raw.transcript, "present", stand_ins=_recorded(output))
        made = make_matrix(raw, task.neutral)
    except InputError as error:
        return Outcome(raw.transcript, "failed", str(error))
    except OSError as error:
        return Outcome(raw.transcript, "failed", f"{error.filename}: {error.strerror}")
    # A failed write is a problem of the disk, not of the transcript, and ends the run.
    _save(output, raw.transcript, made)
    return Outcome(raw.transcript, "built", notes=made.notes, stand_ins=made.stand_ins)


def _save(output: Path, transcript: str, made: Made) -> None:
    """Write the matrix, and its record so that a killed run leaves none out that is needed."""
    if made.stand_ins:
        write_stand_ins(output, {transcript: made.stand_ins})
    save_matrix(output, made.matrix)
    if not made.stand_ins:
        write_stand_ins(output, {})


def _recorded(output: Path) -> StandIns:
    return next(iter(read_stand_ins(output).values()), _NOTHING)


def _missing(raw: RawFiles) -> str:
    text = f"no {', no '.join(raw.missing)}"
    if not raw.others:
        return text
    more = ", ..." * (len(raw.others) > _NAMED)
    there = "is there, under a suffix" if len(raw.others) == 1 else "are there, under suffixes"
    return (
        f"{text}; {', '.join(raw.others[:_NAMED])}{more} {there} that no input has; rename what"
        " is an input (suffixes: docs/raw-inputs.md)"
    )


def _is_current(raw: RawFiles, output: Path, neutral: Neutral) -> bool:
    try:
        written = output.stat().st_mtime_ns
    except FileNotFoundError:
        return False
    if any(os.stat(path).st_mtime_ns >= written for path in raw.paths.values()):
        return False
    try:
        if not is_same(_recorded(output), raw, neutral):
            return False
        matrix = load_npy(output) if output.suffix == ".npy" else load_array(output)
    except InputError:
        return False
    return matrix.ndim == 2 and matrix.shape[1] == FEATURE_COLUMNS
