"""Transcript by transcript: scores find their genomic rows, and those are ranked within.

Nothing of one transcript needs another, so some transcripts at a time are taken, as many as make
about a million rows: memory depends on the longest protein, never on the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from converters.errors import InputError
from pt_gmvp.tables.finalize.staging import change_name

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from converters.commands.progress import Advance

ROWS = 1_000_000
NAMED = 3


@dataclass
class Unmatched:
    """Rows that found no partner: how many, and the names of the first by transcript."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, count: int, names: list[str]) -> None:
        """Count further rows."""
        self.count += count
        self.names += names[: NAMED - len(self.names)]


@dataclass
class Matched:
    """What the join came to: `rows` joined, of these `synonymous` ones, and what was left over."""

    rows: int = 0
    synonymous: int = 0
    without_score: Unmatched = field(default_factory=Unmatched)
    without_place: Unmatched = field(default_factory=Unmatched)


def rank_within(
    connection: "DuckDBPyConnection",
    transcripts: list[str],
    advance: "Advance",
    rows: int = ROWS,
) -> Matched:
    """Make the table matched (n, gMVP, normalized): every genomic row, NULLs where it has no score.

    `normalized` is the ordinal rank within the transcript over the number of its joined rows.

    Args:
        connection: with the tables places and scores.
        transcripts: names by number.
        advance: told of each transcript that is done.
        rows: to take at a time, unless one transcript alone has more.

    Raises:
        InputError: a change has two scores.
    """
    connection.execute("CREATE TABLE matched (n BIGINT, gMVP DOUBLE, normalized DOUBLE)")
    done, found = 0, Matched()
    for first, last in _spans(connection, rows):
        bounds = f"key >= {first << 32} AND key < {(last + 1) << 32}"
        connection.execute(f"CREATE TEMP TABLE here AS FROM scores WHERE {bounds}")
        connection.execute(f"CREATE TEMP TABLE there AS FROM places WHERE {bounds}")
        _refuse_two_scores(connection, transcripts)
        connection.execute(_JOIN)
        joined, synonymous = connection.execute(_COUNTS).fetchall()[0]
        found.rows += joined
        found.synonymous += synonymous
        _left_over(connection, "there", "here", transcripts, found.without_score)
        _left_over(connection, "here", "there", transcripts, found.without_place)
        connection.execute("DROP TABLE here; DROP TABLE there")
        advance(last + 1 - done)
        done = last + 1
    return found


_JOIN = """
    INSERT INTO matched
    SELECT n, gMVP,
        CASE WHEN gMVP IS NOT NULL THEN
            row_number() OVER (PARTITION BY there.key >> 32 ORDER BY gMVP NULLS LAST, n)
            / count(gMVP) OVER (PARTITION BY there.key >> 32)
        END
    FROM there LEFT JOIN here USING (key)"""

_COUNTS = """
    SELECT count(*), count(*) FILTER ((key >> 5) & 31 = key & 31)
    FROM there JOIN here USING (key)"""


def _spans(connection: "DuckDBPyConnection", rows: int) -> Iterator[tuple[int, int]]:
    """First and last number of consecutive transcripts that make about `rows` rows together."""
    counts = connection.execute(
        """SELECT key >> 32 AS transcript, count(*)
        FROM (SELECT key FROM places UNION ALL SELECT key FROM scores) GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    first, waiting = 0, 0
    for transcript, count in counts:
        if waiting and waiting + count > rows:
            yield first, transcript - 1
            first, waiting = transcript, 0
        waiting += count
    yield first, counts[-1][0]


def _left_over(
    connection: "DuckDBPyConnection",
    table: str,
    other: str,
    transcripts: list[str],
    unmatched: Unmatched,
) -> None:
    without = f"FROM {table} ANTI JOIN {other} USING (key)"
    count = connection.execute(f"SELECT count(*) {without}").fetchall()[0][0]
    if count:
        keys = connection.execute(
            f"SELECT DISTINCT key {without} ORDER BY key LIMIT {NAMED}"
        ).fetchall()
        unmatched.add(count, [_name(key, transcripts) for (key,) in keys])


def _refuse_two_scores(connection: "DuckDBPyConnection", transcripts: list[str]) -> None:
    twice = connection.execute(
        "SELECT key FROM here GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT 1"
    ).fetchone()
    if twice:
        raise InputError(
            f"the table of scores has two rows of {_name(twice[0], transcripts)}; expected one"
        )


def _name(key: int, transcripts: list[str]) -> str:
    return change_name(transcripts[key >> 32], key & 0xFFFFFFFF)
