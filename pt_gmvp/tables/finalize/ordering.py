"""Sorting and numbering of the genomic rows; the numbers break ties between equal scores.

Rows are sorted by chromosome (1 to 22, X, Y, M, then others by name; with or without `chr`),
position, reference, alternative and transcript. This order is total, so the result does not depend
on the order of the input or the number of threads.
"""

import re
from typing import TYPE_CHECKING

from converters.errors import InputError
from pt_gmvp.tables.database import quote_text
from pt_gmvp.tables.finalize.columns import GENOMIC
from pt_gmvp.tables.finalize.names import bare_chromosome
from pt_gmvp.tables.finalize.staging import change_code

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NAMED = {"X": 23, "Y": 24, "M": 25}
_OTHER = 10**9


def chromosome_order(name: str) -> tuple[int, str]:
    """Return the key that chromosomes are sorted by."""
    bare = bare_chromosome(name)
    number = int(bare) if re.fullmatch("[1-9][0-9]{0,2}", bare) else _NAMED.get(bare, _OTHER)
    return number, name


def order_rows(connection: "DuckDBPyConnection") -> list[str]:
    """Make the tables places (key, n) and scores (key, gMVP), by key, and ordered (n and columns).

    `key` identifies a change in a transcript: the transcript's number, then 32 bits for the change.
    `n` numbers the sorted rows from 1. The input tables are dropped.

    Returns:
        The names of the transcripts, by number.

    Raises:
        InputError: a nucleotide change of a transcript has two rows.
    """
    transcripts = _number_names(connection)
    # Over a sorted table, row_number() streams and gives a row's place in it.
    connection.execute(
        f"""CREATE TABLE ordered AS
        SELECT row_number() OVER () AS n, * FROM (
            SELECT {_typed()} FROM read_genomic ORDER BY chrom, pos, ref, alt, transcript_id)"""
    )
    connection.execute("DROP TABLE read_genomic")
    _refuse_twins(connection)
    connection.execute(
        f"""CREATE TABLE places AS
        SELECT {_key("transcript_id", change_code("protein_position", "ref_aa", "alt_aa"))} AS key,
            n FROM ordered ORDER BY key, n"""
    )
    connection.execute(
        f"""CREATE TABLE scores AS
        SELECT {_key("CAST(transcript_id AS transcript_id)", "code")} AS key, gMVP
        FROM read_scores ORDER BY key"""
    )
    connection.execute("DROP TABLE read_scores")
    return transcripts


def _key(transcript: str, code: str) -> str:
    return f"(CAST(enum_code({transcript}) AS BIGINT) << 32) | {code}"


def _typed() -> str:
    """Return SQL for the genomic columns, with repeated names as enumerations."""
    return ", ".join(
        f"CAST({name} AS {name}) AS {name}" if name in _ENUMERATED else name for name in GENOMIC
    )


_ENUMERATED = ("chrom", "gene_symbol", "gene_id", "transcript_id")


def _number_names(connection: "DuckDBPyConnection") -> list[str]:
    """Make an enumeration type for each column of names, so that numbers are sorted and stored."""
    for column in _ENUMERATED:
        also = " UNION SELECT transcript_id FROM read_scores" if column == "transcript_id" else ""
        found = connection.execute(
            f"SELECT DISTINCT {column} FROM read_genomic{also}"  # UNION is distinct
        ).fetchall()
        names = [name for (name,) in found if name is not None]
        names.sort(key=chromosome_order if column == "chrom" else None)
        values = ", ".join(map(quote_text, names))
        connection.execute(f"CREATE TYPE {column} AS ENUM ({values})")
    return names


def _refuse_twins(connection: "DuckDBPyConnection") -> None:
    same = " AND ".join(
        f"{name} = lag({name}) OVER ()" for name in ("pos", "ref", "alt", "transcript_id", "chrom")
    )
    twin = connection.execute(
        f"""SELECT concat_ws(' ', chrom, pos, ref, alt, transcript_id)
        FROM (SELECT *, {same} AS twin FROM ordered) WHERE twin LIMIT 1"""
    ).fetchone()
    if twin:
        raise InputError(
            f"the genomic table has two rows for {twin[0]}; expected one for each nucleotide"
            " change and transcript"
        )
