"""Joining of scores with genomic rows, and ranking within transcripts and over all rows.

Transcripts are independent, so they are processed in groups of about a million rows; memory depends
on the longest protein, not on the size of the table. Over all rows, a rank is a row's place in a
table sorted by score (ties by the row's number `n`); window functions over all rows would have to
hold them in memory, whereas a sort does not.
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
_SHOWN = 3


@dataclass
class Unmatched:
    """Rows without a partner: their number, and the names of the first ones by transcript."""

    count: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, count: int, names: list[str]) -> None:
        """Add further rows."""
        self.count += count
        self.names += names[: _SHOWN - len(self.names)]


@dataclass
class Matched:
    """Result of the join: number of joined `rows`, `synonymous` ones among them, and leftovers."""

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
    """Make the table matched (n, gMVP, normalized): every genomic row, NULLs if it has no score.

    `normalized` is the ordinal rank within the transcript over the number of its joined rows.

    Args:
        connection: with the tables places and scores.
        transcripts: names by number.
        advance: called with the number of transcripts done since the last call.
        rows: rows per group of transcripts, unless one transcript has more.

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
    """Yield first and last number of consecutive transcripts with about `rows` rows together."""
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
            f"SELECT DISTINCT key {without} ORDER BY key LIMIT {_SHOWN}"
        ).fetchall()
        unmatched.add(count, [_name(key, transcripts) for (key,) in keys])


def _refuse_two_scores(connection: "DuckDBPyConnection", transcripts: list[str]) -> None:
    twice = connection.execute(
        "SELECT key FROM here GROUP BY key HAVING count(*) > 1 ORDER BY key LIMIT 1"
    ).fetchone()
    if twice:
        raise InputError(
            f"the table of scores has two rows for {_name(twice[0], transcripts)}; expected one"
        )


def _name(key: int, transcripts: list[str]) -> str:
    return change_name(transcripts[key >> 32], key & 0xFFFFFFFF)


def rank_over_all(connection: "DuckDBPyConnection", rows: int) -> None:
    """Make the table ranks: by n, the four values of each row, NULLs if it has no score.

    Args:
        connection: with the table matched, which is dropped.
        rows: number of rows that have a score.
    """
    connection.execute(
        """CREATE TABLE by_score AS SELECT *, row_number() OVER () AS place
        FROM (SELECT * FROM matched ORDER BY gMVP NULLS LAST, n)"""
    )
    connection.execute("DROP TABLE matched")
    connection.execute(
        """CREATE TABLE by_normalized AS SELECT *, row_number() OVER () AS normalized_place
        FROM (SELECT * FROM by_score ORDER BY normalized NULLS LAST, n)"""
    )
    connection.execute("DROP TABLE by_score")
    connection.execute(
        f"""CREATE TABLE ranks AS
        SELECT n AS row, gMVP, normalized AS gMVP_normalized, place / {rows} AS gMVP_rankscore,
            normalized_place / {rows} AS gMVP_normalized_rankscore
        FROM by_normalized ORDER BY n"""
    )
    connection.execute("DROP TABLE by_normalized")
