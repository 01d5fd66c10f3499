"""From two tables to the finalized one."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from converters.atomic import flush, scratch_folder
from converters.commands.progress import Advance
from converters.errors import InputError
from pt_gmvp.tables.finalize.columns import GENOMIC, SCORES
from pt_gmvp.tables.finalize.engine import engine, writing
from pt_gmvp.tables.finalize.ordering import order_rows
from pt_gmvp.tables.finalize.ranking import rank_over_all
from pt_gmvp.tables.finalize.staging import intermediate_genomic, intermediate_scores
from pt_gmvp.tables.finalize.transcripts import Matched, rank_within
from pt_gmvp.tables.finalize.writing import (
    GENES_SUFFIX,
    INDEX_SUFFIX,
    suffix_of,
    write_genes,
    write_table,
)
from pt_gmvp.tables.source import load_engine, open_source

Progress = Callable[[str, float | None, str], AbstractContextManager[Advance]]


@dataclass(frozen=True)
class Request:
    """What is asked for.

    `scores` and `genomic` are tables as `staging` reads them, `output` says its format by its
    name. `memory` is in bytes; `temporary` is where to sort, by default beside the output.
    `strict` makes genomic rows without a score an error.
    """

    scores: tuple[Path, ...]
    genomic: Path
    output: Path
    memory: int
    threads: int
    temporary: Path | None = None
    strict: bool = False


@dataclass(frozen=True)
class Finalized:
    """What was written: the files, and what the join came to."""

    files: tuple[Path, ...]
    matched: Matched


def finalize(request: Request, progress: Progress) -> Finalized:
    """Join, rank, sort and write; nothing is left behind if it fails.

    Args:
        request: what is asked for.
        progress: opens a bar for a step, as `converters.commands.progress.progress` does.

    Raises:
        InputError: a table is refused, none of its rows match, or memory is short.
        OSError: something cannot be read or written.
    """
    suffix = suffix_of(request.output)
    load_engine()  # before there is anything that an abort could leave behind
    folder = request.output.resolve().parent
    scores = [open_source(path, SCORES, "table of scores") for path in request.scores]
    genomic = open_source(request.genomic, GENOMIC, "genomic table")
    with (
        scratch_folder(request.temporary or folder, "gmvp-finalize") as scratch,
        scratch_folder(folder, request.output.name) as made,
        engine(scratch, request.memory, request.threads) as connection,
    ):
        with progress("reading", 1 + len(scores), "tables") as advance:
            intermediate_genomic(connection, genomic)
            advance()
            intermediate_scores(connection, scores)
        with progress("sorting", None, ""):
            transcripts = order_rows(connection)
        with progress("joining", len(transcripts), "transcripts") as advance:
            matched = rank_within(connection, transcripts, advance)
        _refuse(matched, request)
        with progress("ranking", None, ""):
            rank_over_all(connection, matched.rows)
        table = made / request.output.name
        with writing(request.output), progress("writing", matched.rows, "rows") as advance:
            write_table(connection, table, suffix, advance)
            write_genes(connection, Path(f"{table}{GENES_SUFFIX}"))
        return Finalized(_into_place(made, request.output), matched)


def _refuse(matched: Matched, request: Request) -> None:
    left = matched.without_score
    if not matched.rows:
        raise InputError(
            f"{request.genomic}: no row has a score; its first is {left.names[0]}, and the first"
            f" score is {matched.without_place.names[0]}"
        )
    if request.strict and left.count:
        raise InputError(
            f"{request.genomic}: {left.count:,} rows have no score, such as"
            f" {', '.join(left.names)}; score them, or leave out --strict"
        )


def _into_place(made: Path, output: Path) -> tuple[Path, ...]:
    """Rename what was made; older indices go first, so that none is ever beside another table."""
    indices = [Path(f"{output}{suffix}") for suffix in (INDEX_SUFFIX, GENES_SUFFIX)]
    for file in made.iterdir():
        flush(file)
    for index in indices:
        index.unlink(missing_ok=True)
    placed = []
    for path in (output, *indices):
        if (made / path.name).exists():
            os.replace(made / path.name, path)
            placed.append(path)
    return tuple(placed)
