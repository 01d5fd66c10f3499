"""A map of a transcript out of a table of scores or a finalized one, however large it is."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from converters.errors import InputError
from converters.identifiers import near, spellings
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap import finalized
from pt_gmvp.analysis.heatmap.grid import UNKNOWN, Grid
from pt_gmvp.tables.database import connect, quote_name
from pt_gmvp.tables.source import Source, open_source

VAR, SCORE = "var", "gMVP"
_LONGEST = 100_000  # more positions than any protein has: titin has 35,991
_NONE = ("", "NA", "NaN", "nan", ".")
_ROW = {letter: row for row, letter in enumerate(AMINO_ACIDS)}


class _Score(NamedTuple):
    """A row of the table: a position from 1, the residue there, the row of the map, a score."""

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
    """Read the scores of a transcript from a table, of `gmvp score`, `gmvp finalize` or the
    original.

    The protein ends where the table does: it says no length. Substitutions that it leaves out have
    no score in the map.

    Args:
        path: a tab-separated table, gzipped or not, or one in Parquet, with the columns `var`,
            `<transcript>_<position>_<residue>_<substitute>`, and `column`; or a finalized one.
        transcript: its id; without its version, if the table has none of that version. Of a
            finalized table also a gene that has one transcript.
        column: the scores, between 0 and 1.
        note: told what should be known of the table.

    Raises:
        InputError: the table has no row of this transcript.
        InputError: a row that is no score, or that contradicts another.
        InputError: no table of scores.
        OSError: the file cannot be read.
    """
    path = Path(path)
    source = open_source(path)
    if VAR not in source.columns and finalized.is_finalized(source):
        name, rows = finalized.rows_of(path, transcript, column, note)
        return _grid(name, _means(_parsed(path, name, column, rows), column), path)
    source.require((VAR, column), "table of scores")
    for name in spellings(transcript):
        rows = _rows(source, name, column)
        if rows:
            return _grid(name, _parsed(path, name, column, rows), path)
    raise InputError(f"{path}: no scores of {transcript}; {near(transcript, _known(source))}")


def _rows(source: Source, transcript: str, column: str) -> list[tuple[str, Any]]:
    """Names and scores of a transcript's rows; not of those whose ids begin as its does."""
    return _query(
        source,
        f"SELECT {VAR}, {quote_name(column)} FROM {source.relation} WHERE starts_with({VAR}, ?)"
        f" AND regexp_matches(substr({VAR}, ?), '^[0-9]+_[^_]+_[^_]+$')",
        f"{transcript}_",
        len(transcript) + 2,
    )


def _known(source: Source) -> set[str]:
    """Ids of all the table's transcripts."""
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
    """One score for each substitution: a rank is a nucleotide change's, and several make it.

    The score itself is the substitution's, and must be the same in all its rows.
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
                f"{path}: {name!r} names no substitution; expected"
                " <transcript>_<position>_<residue>_<substitute>"
            )
        if not 1 <= int(position) <= _LONGEST:
            raise InputError(f"{path}: {name!r}: no protein has a position {position}")
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
        raise InputError(f"{path}: the score of {name} is {score:g}; expected one from 0 to 1")
    return score


def _grid(transcript: str, rows: list[_Score], path: Path) -> Grid:
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
    return Grid(transcript, 1, "".join(residue or UNKNOWN for residue in protein), scores)
