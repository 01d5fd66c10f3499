"""The table of finished parts, in the order of the list: streamed, and made by all cores.

The cuts between chunks depend on the transcripts alone, and so do the table's bytes.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

from converters.atomic import file_beside
from converters.errors import InputError
from converters.processes import end_with_parent, interrupts_left_to_this_process
from pt_gmvp.runs.progress import Advance
from pt_gmvp.scoring import formatting
from pt_gmvp.scoring.outputs import Form, Output, text_writer
from pt_gmvp.scoring.parts import Part

CHUNK = 8192
"""Residues of a chunk: 7 MB of text, and some 60 MB while it is made."""
_WORTH_A_POOL = 4 * CHUNK
"""With fewer residues, starting processes takes longer than the work."""

T = TypeVar("T")


class Slice(NamedTuple):
    """Residues `first` to `last` of a transcript, the latter excluded."""

    part: Part
    first: int
    last: int


def merge(parts: Sequence[Part], output: Output, advance: Advance) -> None:
    """Write the table of some transcripts, in their order; it appears whole or not at all.

    Args:
        parts: where each transcript's scores are.
        output: the file to write.
        advance: called with the residues of each finished chunk.

    Raises:
        InputError: a part was changed meanwhile, or a worker process was killed.
        OSError: a file cannot be read or written.
    """
    if output.form is Form.PARQUET:
        from pt_gmvp.scoring.parquet import merge_parquet

        with file_beside(output.path) as partial:
            merge_parquet(chunks(parts), partial, advance)
        return
    with text_writer(output) as writer:
        for done, made in _make_each(text if output.form is Form.TSV else compressed, parts):
            writer.write_encoded(made)
            advance(done)


def chunks(parts: Iterable[Part]) -> Iterator[list[Slice]]:
    """Yield chunks of CHUNK residues, of several transcripts or of a part of one."""
    chunk: list[Slice] = []
    room = CHUNK
    for part in parts:
        first = 0
        while first < part.length:
            last = min(part.length, first + room)
            chunk.append(Slice(part, first, last))
            room -= last - first
            first = last
            if not room:
                yield chunk
                chunk, room = [], CHUNK
    if chunk:
        yield chunk


def text(chunk: Sequence[Slice]) -> bytes:
    """Return the lines of a chunk."""
    return b"".join(
        formatting.substitutions(part.name, first, *part.read(first, last))
        for part, first, last in chunk
    )


def compressed(chunk: Sequence[Slice]) -> bytes:
    """Return the lines of a chunk as bgzip blocks."""
    return formatting.bgzip(text(chunk))


def residues(chunk: Sequence[Slice]) -> int:
    """Return the number of residues in a chunk."""
    return sum(last - first for _, first, last in chunk)


def _make_each(make: Callable[[list[Slice]], T], parts: Sequence[Part]) -> Iterator[tuple[int, T]]:
    """Yield, for each chunk in order, its number of residues and what is made of it."""
    jobs = len(os.sched_getaffinity(0))
    if jobs == 1 or sum(part.length for part in parts) < _WORTH_A_POOL:
        for chunk in chunks(parts):
            yield residues(chunk), make(chunk)
        return
    # Spawned, not forked: this process has threads, and perhaps a GPU.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), end_with_parent)
    pending: deque[tuple[int, Future[T]]] = deque()
    try:
        for chunk in chunks(parts):
            with interrupts_left_to_this_process():
                pending.append((residues(chunk), pool.submit(make, chunk)))
            # Few, so that little memory is taken by what waits for the disk.
            if len(pending) > 2 * jobs:
                done, future = pending.popleft()
                yield done, future.result()
        for done, future in pending:
            yield done, future.result()
    except BrokenProcessPool:
        raise InputError(
            "a process that writes the table was killed, perhaps out of memory; all scores "
            "are kept: run the same command again to continue"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
