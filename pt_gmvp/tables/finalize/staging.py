"""Reading of both input tables into typed columns; the first wrong row raises an error.

The query that reads a row also computes the message for what is wrong with it, NULL if it is right,
so the file is read only once.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from converters.errors import InputError
from pt_gmvp.tables.database import one_line
from pt_gmvp.tables.finalize.columns import GENOMIC
from pt_gmvp.tables.finalize.names import refuse_unsafe
from pt_gmvp.tables.source import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

POSITION_BITS, LETTER_BITS = 22, 5
LAST_PLACE = 2**29 - 1
"""The last position on a chromosome that a tabix index supports."""

CONSEQUENCE, MISSENSE = "consequence", "missense_variant"

_UPPER = ("ref", "alt", "ref_aa", "alt_aa")
"""Columns of nucleotides and residues, read in capitals. In codons, lower case has a meaning."""

_LAST_POSITION = 2**POSITION_BITS - 1
_VAR = "^.+_[1-9][0-9]*_[A-Za-z*]_[A-Za-z*]$"


def change_code(position: str, ref: str, alt: str) -> str:
    """Return SQL for a BIGINT that identifies a change within a transcript; `*` counts as 0."""
    letter = "CASE {0} WHEN '*' THEN 0 ELSE ascii({0}) - 64 END"
    return (
        f"(CAST({position} AS BIGINT) << {2 * LETTER_BITS})"
        f" | (CAST({letter.format(ref)} AS BIGINT) << {LETTER_BITS})"
        f" | CAST({letter.format(alt)} AS BIGINT)"
    )


def change_name(transcript: str, code: int) -> str:
    """Return the name of a change, `<transcript>_<position>_<ref>_<alt>`, from its code."""
    mask = 2**LETTER_BITS - 1
    alt, ref = (chr(64 + n) if n else "*" for n in (code & mask, code >> LETTER_BITS & mask))
    return f"{transcript}_{code >> 2 * LETTER_BITS}_{ref}_{alt}"


def stage_scores(connection: "DuckDBPyConnection", sources: Iterable[Source]) -> None:
    """Make the table read_scores (transcript_id, code, gMVP, fault).

    Raises:
        InputError: a name that is not a change, or a score that is not a number between 0 and 1,
            with file and row; or a table without rows.
    """
    connection.execute(
        "CREATE TABLE read_scores (transcript_id VARCHAR, code BIGINT, gMVP DOUBLE, fault VARCHAR)"
    )
    for source in sources:
        _fill(connection, source, "read_scores", _scores(source))


def _scores(source: Source) -> str:
    # Splitting at underscores and testing the pattern takes a third of the time of regex groups.
    return f"""
        SELECT array_to_string(parts[:-4], '_'),
            {change_code("position", "upper(parts[-2])", "upper(parts[-1])")}, score,
            CASE
                WHEN position IS NULL OR position > {_LAST_POSITION}
                THEN concat('var ', {_shown("var")},
                    '; expected <transcript>_<position>_<ref>_<alt>')
                WHEN score IS NULL OR NOT score BETWEEN 0 AND 1
                THEN concat('gMVP ', {_shown("gMVP")}, ' of ', var,
                    '; expected a number between 0 and 1')
            END
        FROM (
            SELECT *, TRY_CAST(gMVP AS DOUBLE) AS score,
                CASE WHEN regexp_matches(var, '{_VAR}')
                    THEN TRY_CAST(parts[-3] AS INTEGER) END AS position
            FROM (SELECT var, gMVP, string_split(var, '_') AS parts FROM {source.relation}))"""


def stage_genomic(connection: "DuckDBPyConnection", source: Source) -> int:
    """Make the table read_genomic: the genomic columns, pos and protein_position INTEGER, fault.

    Columns that the source lacks are NULL. As in the original, rows of a column `consequence` that
    is not exactly missense_variant are left out; their number is returned.

    Raises:
        InputError: a missing or impossible value, with file and row; or a table without rows.
    """
    texts = [name for name in GENOMIC if name not in ("pos", "protein_position")]
    connection.execute(
        f"CREATE TABLE read_genomic ({', '.join(f'{name} VARCHAR' for name in texts)},"
        " pos INTEGER, protein_position INTEGER, fault VARCHAR, kept BOOLEAN)"
    )
    texts_read = ", ".join(
        f"CAST({name if name in source.columns else 'NULL'} AS VARCHAR) AS {name}" for name in texts
    )
    kept = f"coalesce(consequence = '{MISSENSE}', false)"
    if CONSEQUENCE not in source.columns:
        kept = "true"
    needed = ("chrom", "ref", "alt", "transcript_id")
    faults = [
        *(_fault(name, f"{name} IS NULL", "expected a value") for name in needed),
        *(_fault(name, _not_letter(name), "expected one letter") for name in ("ref_aa", "alt_aa")),
        _within("pos", "place", LAST_PLACE),
        _within("protein_position", "position", _LAST_POSITION),
    ]
    query = f"""
        SELECT {", ".join(f"upper({n})" if n in _UPPER else n for n in texts)}, place, position,
            CASE WHEN NOT kept THEN NULL {" ".join(faults)} END, kept
        FROM (
            SELECT {texts_read}, pos, protein_position, {kept} AS kept,
                TRY_CAST(pos AS INTEGER) AS place,
                TRY_CAST(protein_position AS INTEGER) AS position
            FROM {source.relation})"""
    _fill(connection, source, "read_genomic", query)
    refuse_unsafe(connection, source.path, texts)
    before = _count(connection, "read_genomic")
    if CONSEQUENCE in source.columns:
        connection.execute("DELETE FROM read_genomic WHERE NOT kept")
    connection.execute("ALTER TABLE read_genomic DROP COLUMN kept")
    after = _count(connection, "read_genomic")
    if not after:
        raise InputError(f"{source.path}: no row has the {CONSEQUENCE} {MISSENSE}")
    return before - after


def _fault(name: str, wrong: str, expected: str) -> str:
    return f"WHEN {wrong} THEN concat('{name} ', {_shown(name)}, '; {expected}')"


def _within(name: str, number: str, last: int) -> str:
    # The database would round 1.5 to 2.
    exact = f"{number} BETWEEN 1 AND {last} AND CAST({number} AS VARCHAR) = CAST({name} AS VARCHAR)"
    wrong = f"NOT coalesce({exact}, false)"
    return _fault(name, wrong, f"expected a whole number from 1 to {last}")


def _not_letter(name: str) -> str:
    letter = f"upper({name}) BETWEEN 'A' AND 'Z' OR {name} = '*'"
    return f"NOT coalesce(length({name}) = 1 AND ({letter}), false)"


def _shown(name: str) -> str:
    return f"coalesce(nullif(left(CAST({name} AS VARCHAR), 80), ''), '(nothing)')"


def _fill(connection: "DuckDBPyConnection", source: Source, table: str, query: str) -> None:
    """Add a file's rows to a table; raise InputError for the first faulty one."""
    import duckdb

    before = _count(connection, table)
    try:
        connection.execute(f"INSERT INTO {table} {query}")
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        if isinstance(error, duckdb.IOException) and "GZIP" not in str(error):
            raise  # about the database's own files
        raise InputError(f"{source.path}: {one_line(error)}") from None
    if _count(connection, table) == before:
        raise InputError(f"{source.path}: contains a header but no rows")
    faulty = connection.execute(
        f"SELECT rowid, fault FROM {table} WHERE fault IS NOT NULL ORDER BY rowid LIMIT 1"
    ).fetchone()
    if faulty:
        raise InputError(f"{source.path}: row {faulty[0] - before + 1}: {faulty[1]}")


def _count(connection: "DuckDBPyConnection", table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
