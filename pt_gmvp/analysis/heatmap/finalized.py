"""A transcript's rows of a finalized table, found by its index where it has one."""

from collections.abc import Callable
from pathlib import Path

from converters.errors import InputError
from converters.identifiers import near
from pt_gmvp.tables.finalize.columns import FINAL, RANKED
from pt_gmvp.tables.lookup import open_table
from pt_gmvp.tables.lookup.gene_index import Span, find
from pt_gmvp.tables.source import Source
from pt_gmvp.tables.substitution import Substitution


def is_finalized(source: Source) -> bool:
    """Tell a finalized table by its columns."""
    return set(FINAL) <= set(source.columns)


def rows_of(
    path: Path, transcript: str, column: str, note: Callable[[str], None]
) -> tuple[str, list[tuple[str, str]]]:
    """Read a transcript's rows: its id, and names and scores as a table of scores has them.

    Args:
        path: a table of `gmvp finalize`.
        transcript: its id, with or without version, or a gene that has one transcript.
        column: one of RANKED.
        note: told what makes the table slow to read, or doubtful.

    Raises:
        InputError: it has none of this name, or several.
        InputError: the column is no score.
        InputError: the table is damaged.
        OSError: it cannot be read.
    """
    if column not in RANKED:
        raise InputError(
            f"{path}: its scores are {', '.join(RANKED)}; there is none named {column}"
        )
    table = open_table(path)
    spans = find(table.spans, transcript)
    name = _only(path, transcript, spans, {span.transcript_id for span in table.spans})
    for text in table.notes:
        note(text)
    rows = [row for span in spans for row in table.rows(*span[3:6], name)]
    return name, [
        (Substitution(int(row["protein_position"]), row["ref_aa"], row["alt_aa"]).named(name),
         row[column])
        for row in rows
    ]  # fmt: skip


def _only(path: Path, asked: str, spans: list[Span], known: set[str]) -> str:
    names = sorted({span.transcript_id for span in spans})
    if not names:
        raise InputError(f"{path}: no scores of {asked}; {near(asked, known)}")
    if len(names) > 1:
        raise InputError(f"{path}: {asked} has several transcripts; give {' or '.join(names)}")
    return names[0]
