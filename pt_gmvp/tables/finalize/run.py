"""All steps from a table of scores and a genomic table to the finalized table."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from converters.atomic import flush, scratch_folder
from converters.commands.progress import Advance
from converters.errors import InputError
from converters.features.stand_ins import SUFFIX as STAND_INS_SUFFIX
from converters.features.stand_ins import StandIns, of_files, write_stand_ins
from pt_gmvp.tables.database import connect_on_disk, load_engine
from pt_gmvp.tables.finalize.columns import GENOMIC, OPTIONAL, SCORES
from pt_gmvp.tables.finalize.gene_names import GENE_NAMES, OWN, Unnamed, name_genes
from pt_gmvp.tables.finalize.names import unite_chromosomes, unite_transcripts
from pt_gmvp.tables.finalize.ordering import order_rows
from pt_gmvp.tables.finalize.ranking import Matched, rank_over_all, rank_within
from pt_gmvp.tables.finalize.staging import stage_genomic, stage_scores
from pt_gmvp.tables.finalize.writing import (
    GENES_SUFFIX,
    INDEX_SUFFIX,
    naming_output,
    suffix_of,
    write_genes,
    write_table,
)
from pt_gmvp.tables.source import open_source, refuse_blank

_BESIDE = (INDEX_SUFFIX, GENES_SUFFIX, STAND_INS_SUFFIX)
Progress = Callable[[str, float | None, str], AbstractContextManager[Advance]]


@dataclass(frozen=True)
class Request:
    """Arguments of `finalize`.

    `scores` and `genomic` are tables as `staging` reads them; the suffix of `output` sets its
    format. `memory` is in bytes; `temporary` is the folder to sort in, by default that of the
    output. `strict` makes genomic rows without a score an error. `genes` is the original's table of
    transcripts and genes, in place of the genomic table's gene columns.
    """

    scores: tuple[Path, ...]
    genomic: Path
    output: Path
    memory: int
    threads: int
    temporary: Path | None = None
    strict: bool = False
    genes: Path | None = None


@dataclass(frozen=True)
class Finalized:
    """The written files, the result of the join, the number of genomic rows left out for their
    consequence, the transcripts without a gene name in `genes`, and notes about chromosomes that
    had several names."""

    files: tuple[Path, ...]
    matched: Matched
    left_out: int
    unnamed: Unnamed
    stand_ins: dict[str, StandIns]
    chromosomes: list[str]


def finalize(request: Request, progress: Progress) -> Finalized:
    """Join, rank, sort and write; nothing is left behind on failure.

    Args:
        request: tables, output and limits.
        progress: opens a bar for a step, as `converters.commands.progress.progress` does.

    Raises:
        InputError: a table is wrong, no rows match, or memory is insufficient.
        OSError: a file cannot be read or written.
    """
    suffix = suffix_of(request.output)
    load_engine()  # before there are files that an abort could leave behind
    folder = request.output.resolve().parent
    scores = [open_source(path, SCORES, "table of scores") for path in request.scores]
    stand_ins = of_files(request.scores)
    optional = (*OPTIONAL, *(OWN if request.genes else ()))
    columns = tuple(name for name in GENOMIC if name not in optional)
    genomic = open_source(request.genomic, columns, "genomic table")
    genes = request.genes and open_source(request.genes, GENE_NAMES, "table of genes")
    with (
        scratch_folder(request.temporary or folder, "gmvp-finalize") as scratch,
        scratch_folder(folder, request.output.name) as made,
        connect_on_disk(scratch, request.memory, request.threads) as connection,
    ):
        with progress("reading", 1 + len(scores), "tables") as advance:
            for source in (*scores, genomic, *([genes] if genes else [])):
                refuse_blank(source)
            left_out = stage_genomic(connection, genomic)
            unnamed = name_genes(connection, genes) if genes else Unnamed(0, [])
            advance()
            stage_scores(connection, scores)
            chromosomes = unite_chromosomes(connection)
            renamed = unite_transcripts(connection)
            stand_ins = {renamed.get(name, name): inputs for name, inputs in stand_ins.items()}
        with progress("sorting", None, ""):
            transcripts = order_rows(connection)
        with progress("joining", len(transcripts), "transcripts") as advance:
            matched = rank_within(connection, transcripts, advance)
        _refuse(matched, request)
        with progress("ranking", None, ""):
            rank_over_all(connection, matched.rows)
        table = made / request.output.name
        with naming_output(request.output), progress("writing", matched.rows, "rows") as advance:
            write_table(connection, table, suffix, advance)
            write_genes(connection, Path(f"{table}{GENES_SUFFIX}"))
            write_stand_ins(table, stand_ins)
        files = _move(made, request.output)
        return Finalized(files, matched, left_out, unnamed, stand_ins, chromosomes)


def _refuse(matched: Matched, request: Request) -> None:
    left = matched.without_score
    if not matched.rows:
        raise InputError(
            f"{request.genomic}: no row has a score; its first is {left.names[0]}, the first score"
            f" is that of {matched.without_place.names[0]}"
        )
    if request.strict and left.count:
        raise InputError(
            f"{request.genomic}: {left.count:,} rows have no score, such as"
            f" {', '.join(left.names)}; score them, or leave out --strict"
        )


def _move(made: Path, output: Path) -> tuple[Path, ...]:
    """Move the files to their place, removing old indices before the table is replaced."""
    indices = [Path(f"{output}{suffix}") for suffix in _BESIDE]
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
