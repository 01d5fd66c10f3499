"""Parts put together to one table, in the order of the list: streamed, by all cores.

How the table is cut into chunks depends on the transcripts alone, so that its bytes do too.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

from converters.atomic import file_beside
from converters.processes import end_with_parent, interrupts_left_to_this_process
from pt_gmvp.scoring import formatting
from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.scoring.outputs import Form, Output, text_writer
from pt_gmvp.scoring.parts import Part
from pt_gmvp.scoring.progress import Advance

CHUNK = 8192
"""Residues of a chunk: 7 MB of text, and some 60 MB while it is made."""
_WORTH_A_POOL = 4 * CHUNK
"""Below so many residues, starting processes takes longer than the work."""

T = TypeVar("T")


class Slice(NamedTuple):
    """Some residues of a transcript, `first` to `last`, the latter excluded."""

    part: Part
    first: int
    last: int


def merge(parts: Sequence[Part], output: Output, advance: Advance) -> None:
    """Write the table of some transcripts, in their order; it appears whole or not at all.

    Args:
        parts: where each transcript's scores lie.
        output: the file to write.
        advance: called with the residues of each chunk that is done.

    Raises:
        ScoreError: a part was changed meanwhile, or a process at work was killed.
        OSError: a file cannot be read or written.
    """
    if output.form is Form.PARQUET:
        from pt_gmvp.scoring.parquet import merge_parquet

        with file_beside(output.path) as partial:
            merge_parquet(chunks(parts), partial, advance)
        return
    with text_writer(output) as writer:
        for done, made in _made(text if output.form is Form.TSV else compressed, parts):
            writer.write_made(made)
            advance(done)


def chunks(parts: Iterable[Part]) -> Iterator[list[Slice]]:
    """Cut transcripts into chunks of CHUNK residues, of several transcripts or of a part of one."""
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
    """The lines of a chunk."""
    return b"".join(
        formatting.substitutions(part.transcript, first, *part.read(first, last))
        for part, first, last in chunk
    )


def compressed(chunk: Sequence[Slice]) -> bytes:
    """The lines of a chunk, as blocks of bgzip."""
    return formatting.bgzipped(text(chunk))


def residues(chunk: Sequence[Slice]) -> int:
    """How many residues a chunk has."""
    return sum(last - first for _, first, last in chunk)


def _made(make: Callable[[list[Slice]], T], parts: Sequence[Part]) -> Iterator[tuple[int, T]]:
    """What is made of each chunk, in their order, and how many residues that is."""
    jobs = len(os.sched_getaffinity(0))
    if jobs == 1 or sum(part.length for part in parts) < _WORTH_A_POOL:
        for chunk in chunks(parts):
            yield residues(chunk), make(chunk)
        return
    # Spawned, not forked: this process has threads, and perhaps a GPU.
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), end_with_parent)
    under_way: deque[tuple[int, Future[T]]] = deque()
    try:
        for chunk in chunks(parts):
            with interrupts_left_to_this_process():
                under_way.append((residues(chunk), pool.submit(make, chunk)))
            # So few that what is made in advance of the disk stays small.
            if len(under_way) > 2 * jobs:
                done, future = under_way.popleft()
                yield done, future.result()
        for done, future in under_way:
            yield done, future.result()
    except BrokenProcessPool:
        raise ScoreError(
            "a process that writes the table was killed, perhaps for want of memory; all scores are"
            " kept, and the same command goes on"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
