"""Ranks over all rows, by sorting narrow tables on disk one after the other.

A row's rank is its place in a table that is sorted by score, equal scores by the row's number `n`.
Windows over all rows would have to hold them; a sort does not.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BY_SCORE = "SELECT * FROM matched ORDER BY gMVP NULLS LAST, n"
_BY_NORMALIZED = "SELECT * FROM by_score ORDER BY normalized NULLS LAST, n"


def rank_over_all(connection: "DuckDBPyConnection", rows: int) -> None:
    """Make the table ranks: by n, the four values of each row; NULLs where it has no score.

    Args:
        connection: with the table matched, which is dropped.
        rows: that have a score.
    """
    connection.execute(
        f"CREATE TABLE by_score AS SELECT *, row_number() OVER () AS place FROM ({_BY_SCORE})"
    )
    connection.execute("DROP TABLE matched")
    connection.execute(
        f"""CREATE TABLE by_normalized AS
        SELECT *, row_number() OVER () AS normalized_place FROM ({_BY_NORMALIZED})"""
    )
    connection.execute("DROP TABLE by_score")
    connection.execute(
        f"""CREATE TABLE ranks AS
        SELECT n AS row, gMVP, normalized AS gMVP_normalized, place / {rows} AS gMVP_rankscore,
            normalized_place / {rows} AS gMVP_normalized_rankscore
        FROM by_normalized ORDER BY n"""
    )
    connection.execute("DROP TABLE by_normalized")
