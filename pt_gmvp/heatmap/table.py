"""A map of a transcript out of a table of scores, however large the table is."""

import gzip
import math
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from converters.residues import LETTERS
from pt_gmvp.heatmap.grid import UNKNOWN, Grid, GridError
from pt_gmvp.transcripts import TranscriptError, near

VAR, SCORE = "var", "gMVP"
_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_HEADER = 1 << 16  # bytes that a header may have
_LONGEST = 100_000  # more positions than any protein has: titin has 35,991
_NONE = ("", "NA", "NaN", "nan", ".")
_ROW = {letter: row for row, letter in enumerate(LETTERS)}


class _Score(NamedTuple):
    """A row of the table: a position from 1, the residue there, the row of the map, a score."""

    position: int
    ref: str
    row: int
    score: float


def table_grid(path: str | Path, transcript: str, column: str = SCORE) -> Grid:
    """Read the scores of a transcript from a table that `gmvp score` or the original wrote.

    The protein ends where the table does: it says no length. Substitutions that it leaves out have
    no score in the map.

    Args:
        path: a tab-separated table, gzipped or not, or one in Parquet, with the columns `var`,
            `<transcript>_<position>_<residue>_<substitute>`, and `column`.
        transcript: its id; without its version, if the table has none of that version.
        column: the scores, between 0 and 1.

    Raises:
        TranscriptError: the table has no row of this transcript.
        GridError: no table of scores, or a row that is none, or that contradicts another.
        OSError: the file cannot be read.
    """
    path = Path(path)
    table = _Table(path, column)
    stem, dot, version = transcript.rpartition(".")
    names = [transcript, *([stem] if dot and version.isdigit() else [])]
    for name in names:
        rows = table.rows(name)
        if rows:
            return _grid(name, _parsed(path, name, column, rows), path)
    raise TranscriptError(f"{path}: no scores of {transcript}; {near(transcript, table.known())}")


class _Table:
    """Asks DuckDB for the rows of a file; what it cannot read is a GridError."""

    def __init__(self, path: Path, column: str) -> None:
        with open(path, "rb") as file:
            start = file.read(4)
        self.path, self.column = path, column
        self.source = (
            f"read_parquet({_text(path)})" if start == _PARQUET else _csv(path, start[:2] == _GZIP)
        )
        found = [row[0] for row in self._ask(f"DESCRIBE SELECT * FROM {self.source}")]
        absent = [name for name in (VAR, column) if name not in found]
        if absent:
            raise GridError(
                f"{path}: no column {' and '.join(absent)}; expected a table of scores with {VAR}"
                f" and {column}, it has {', '.join(found)[:100]}"
            )

    def rows(self, transcript: str) -> list[tuple[str, Any]]:
        """Names and scores of a transcript's rows; not of those whose ids begin as its does."""
        return self._ask(
            f"SELECT {VAR}, {_quoted(self.column)} FROM {self.source}"
            f" WHERE starts_with({VAR}, ?)"
            f" AND regexp_matches(substr({VAR}, ?), '^[0-9]+_[^_]+_[^_]+$')",
            f"{transcript}_",
            len(transcript) + 2,
        )

    def known(self) -> set[str]:
        """Ids of all the table's transcripts."""
        pattern = "^(.+)_[0-9]+_[^_]+_[^_]+$"
        rows = self._ask(f"SELECT DISTINCT regexp_extract({VAR}, ?, 1) FROM {self.source}", pattern)
        return {row[0] for row in rows if row[0]}

    def _ask(self, query: str, *values: object) -> list[Any]:
        import duckdb

        try:
            rows: list[Any] = duckdb.connect().execute(query, values).fetchall()
        except duckdb.Error as error:
            detail = " ".join(str(error).split())
            raise GridError(f"{self.path}: cannot be read as a table ({detail:.160})") from None
        return rows


def _csv(path: Path, zipped: bool) -> str:
    """The reader of a tab-separated file, told its columns: nothing about it is guessed."""
    try:
        with gzip.open(path) if zipped else open(path, "rb") as file:
            line = file.readline(_HEADER)
        header = line.decode("utf-8-sig").rstrip("\r\n").split("\t")
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError) as error:
        raise GridError(f"{path}: its first line is no text ({error:.80})") from None
    if len(set(header)) < len(header) or "" in header:
        raise GridError(
            f"{path}: its first line names no columns; expected a tab-separated table of scores"
            f" with {VAR} and {SCORE}"
        )
    columns = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in header)
    return (
        f"read_csv({_text(path)}, auto_detect=false, columns={{{columns}}}, delim='\t',"
        f" header=true, quote='', escape='', compression='{'gzip' if zipped else 'none'}')"
    )


def _text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parsed(
    path: Path, transcript: str, column: str, rows: Iterable[tuple[str, Any]]
) -> list[_Score]:
    found = []
    for name, value in rows:
        position, *residues = name[len(transcript) + 1 :].split("_")
        if len(residues) != 2 or len(residues[0]) != 1 or residues[1] not in _ROW:
            raise GridError(
                f"{path}: {name!r} names no substitution; expected"
                " <transcript>_<position>_<residue>_<substitute>"
            )
        if not 1 <= int(position) <= _LONGEST:
            raise GridError(f"{path}: {name!r}: no protein has a position {position}")
        ref = residues[0] if residues[0] in LETTERS else UNKNOWN
        found.append(_Score(int(position), ref, _ROW[residues[1]], _number(path, name, value)))
    if not found:
        raise GridError(f"{path}: {transcript} has no {column}")
    return found


def _number(path: Path, name: str, value: Any) -> float:
    if value is None or value in _NONE:
        return math.nan
    try:
        score = float(value)
    except ValueError:
        raise GridError(f"{path}: the score of {name} is {value!r}; expected a number") from None
    if not (math.isnan(score) or 0 <= score <= 1):
        raise GridError(f"{path}: the score of {name} is {score:g}; expected one from 0 to 1")
    return score


def _grid(transcript: str, rows: list[_Score], path: Path) -> Grid:
    length = max(row.position for row in rows)
    protein = [""] * length
    scores = np.full((len(LETTERS), length), np.nan)
    for position, ref, row, score in rows:
        before = protein[position - 1]
        if before not in ("", ref):
            raise GridError(
                f"{path}: {transcript} has both {before} and {ref} at position {position};"
                " expected rows of one protein"
            )
        protein[position - 1] = ref
        known = scores[row, position - 1]
        if not math.isnan(known) and score != known:
            raise GridError(
                f"{path}: {transcript}_{position}_{ref}_{LETTERS[row]} has two scores, {known:g}"
                f" and {score:g}; expected one"
            )
        scores[row, position - 1] = score
    return Grid(transcript, 1, "".join(residue or UNKNOWN for residue in protein), scores)
