"""Map of a transcript from a table of scores or a finalized table of any size."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from converters.errors import InputError
from converters.identifiers import choose, near, spellings
from converters.residues import AMINO_ACIDS
from converters.variants.changes import Substitution
from pt_gmvp.analysis.heatmap.grid import UNKNOWN, Grid
from pt_gmvp.tables.database import connect, quote_name
from pt_gmvp.tables.finalize.columns import FINAL, RANKED
from pt_gmvp.tables.lookup import open_table
from pt_gmvp.tables.lookup.gene_index import Span, find
from pt_gmvp.tables.source import Source, open_source

VAR, SCORE = "var", "gMVP"
_LONGEST = 100_000  # more positions than in any protein: titin has 35,991
_NONE = ("", "NA", "NaN", "nan", ".")
_ROW = {letter: row for row, letter in enumerate(AMINO_ACIDS)}


class _Score(NamedTuple):
    """A score of the table: position from 1, residue there, row of the map, score."""

    position: int
    ref: str
    row: int
    score: float


def table_grid(
    path: str | Path,
    transcript: str,
    column: str = SCORE,
    note: Callable[[str], None] = lambda text: None,
) -> Grid:
    """Read a transcript's scores from a table of `gmvp score`, `gmvp finalize` or the original.

    The protein ends at the table's last position, since the table does not give its length.
    Substitutions that are not in the table have no score in the map.

    Args:
        path: a tab-separated table, gzipped or not, or a Parquet file, with the columns `var`,
            `<transcript>_<position>_<residue>_<substitute>`, and `column`; or a finalized table.
        transcript: its id, found without its version if the table lacks that version. For a
            finalized table also a gene with one transcript.
        column: the scores, between 0 and 1.
        note: called with remarks about the table.

    Raises:
        InputError: the table has no row for this transcript.
        InputError: not a table of scores, a row that is not a score, or contradictory rows.
        OSError: the file cannot be read.
    """
    path = Path(path)
    source = open_source(path)
    if VAR not in source.columns and _is_finalized(source):
        name, gene, rows = _finalized_rows(path, transcript, column, note)
        return _grid(name, _means(_parsed(path, name, column, rows), column), path, gene)
    source.require((VAR, column), "table of scores")
    for name in spellings(transcript):
        if rows := _rows(source, name, column):
            return _grid(name, _parsed(path, name, column, rows), path)
    known = _known(source)
    named = choose(transcript, known, path)
    if named is None:
        raise InputError(f"{path}: no scores of {transcript}; {near(transcript, known)}")
    return _grid(named, _parsed(path, named, column, _rows(source, named, column)), path)


def _rows(source: Source, transcript: str, column: str) -> list[tuple[str, Any]]:
    """Return names and scores of a transcript's rows, not of longer ids that begin like its id."""
    return _query(
        source,
        f"SELECT {VAR}, {quote_name(column)} FROM {source.relation} WHERE starts_with({VAR}, ?)"
        f" AND regexp_matches(substr({VAR}, ?), '^[0-9]+_[^_]+_[^_]+$')",
        f"{transcript}_",
        len(transcript) + 2,
    )


def _known(source: Source) -> set[str]:
    """Return the ids of all transcripts in the table."""
    pattern = "^(.+)_[0-9]+_[^_]+_[^_]+$"
    found = _query(
        source, f"SELECT DISTINCT regexp_extract({VAR}, ?, 1) FROM {source.relation}", pattern
    )
    return {row[0] for row in found if row[0]}


def _query(source: Source, query: str, *values: object) -> list[Any]:
    with connect(source.path) as connection:
        rows: list[Any] = connection.execute(query, values).fetchall()
    return rows


def _means(scores: list[_Score], column: str) -> list[_Score]:
    """Average the ranks of the nucleotide changes that lead to the same substitution.

    The score itself belongs to the substitution, and must be the same in all of its rows.
    """
    if column == SCORE:
        return scores
    found: dict[tuple[int, str, int], list[float]] = {}
    for one in scores:
        found.setdefault(one[:3], []).append(one.score)
    return [_Score(*key, float(np.mean(values))) for key, values in found.items()]


def _parsed(
    path: Path, transcript: str, column: str, rows: Iterable[tuple[str, Any]]
) -> list[_Score]:
    found = []
    for name, value in rows:
        position, *residues = name[len(transcript) + 1 :].split("_")
        if len(residues) != 2 or len(residues[0]) != 1 or residues[1] not in _ROW:
            raise InputError(
                f"{path}: {name!r} is not a substitution; expected"
                " <transcript>_<position>_<residue>_<substitute>"
            )
        if not 1 <= int(position) <= _LONGEST:
            raise InputError(f"{path}: {name!r}: no protein has position {position}")
        ref = residues[0] if residues[0] in AMINO_ACIDS else UNKNOWN
        found.append(_Score(int(position), ref, _ROW[residues[1]], _number(path, name, value)))
    return found


def _number(path: Path, name: str, value: Any) -> float:
    if value is None or value in _NONE:
        return math.nan
    try:
        score = float(value)
    except ValueError:
        raise InputError(f"{path}: the score of {name} is {value!r}; expected a number") from None
    if not (math.isnan(score) or 0 <= score <= 1):
        raise InputError(f"{path}: the score of {name} is {score:g}; expected 0 to 1")
    return score


def _grid(transcript: str, rows: list[_Score], path: Path, gene: str | None = None) -> Grid:
    length = max(row.position for row in rows)
    protein = [""] * length
    scores = np.full((len(AMINO_ACIDS), length), np.nan)
    for position, ref, row, score in rows:
        before = protein[position - 1]
        if before not in ("", ref):
            raise InputError(
                f"{path}: {transcript} has both {before} and {ref} at position {position};"
                " expected rows of one protein"
            )
        protein[position - 1] = ref
        known = scores[row, position - 1]
        if not math.isnan(known) and score != known:
            raise InputError(
                f"{path}: {transcript}_{position}_{ref}_{AMINO_ACIDS[row]} has two scores, "
                f"{known:g} and {score:g}; expected one"
            )
        scores[row, position - 1] = score
    letters = "".join(residue or UNKNOWN for residue in protein)
    return Grid(transcript, 1, letters, scores, gene)


def _is_finalized(source: Source) -> bool:
    """Return whether a table has the columns of a finalized one."""
    return set(FINAL) <= set(source.columns)


def _finalized_rows(
    path: Path, transcript: str, column: str, note: Callable[[str], None]
) -> tuple[str, str | None, list[tuple[str, str]]]:
    """Read a transcript's id, gene, and names and scores of its rows, from a finalized table."""
    if column not in RANKED:
        raise InputError(f"{path}: has no score named {column}; expected {', '.join(RANKED)}")
    table = open_table(path)
    spans = find(table.spans, transcript)
    name = _single_transcript(path, transcript, spans, {span.transcript_id for span in table.spans})
    for text in table.notes:
        note(text)
    rows = [row for span in spans for row in table.rows(*span[3:6], name)]
    gene = next((span.gene_symbol for span in spans if span.gene_symbol), None)
    return name, gene, [
        (Substitution(int(row["protein_position"]), row["ref_aa"], row["alt_aa"]).named(name),
         row[column])
        for row in rows
    ]  # fmt: skip


def _single_transcript(path: Path, asked: str, spans: list[Span], known: set[str]) -> str:
    names = sorted({span.transcript_id for span in spans})
    if not names:
        raise InputError(f"{path}: no scores of {asked}; {near(asked, known)}")
    if len(names) > 1:
        raise InputError(f"{path}: {asked} has several transcripts; give {' or '.join(names)}")
    return names[0]
