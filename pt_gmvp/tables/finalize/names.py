"""Names in the genomic table: safe in any file, and one for each chromosome and transcript."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from converters.errors import InputError
from converters.features.raw_files import FORMULA
from converters.identifiers import Names
from converters.messages import printable
from pt_gmvp.tables.database import quote_text

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_CELLS = ("chrom", "gene_symbol", "gene_id", "transcript_id")
"""Columns of names, which a spreadsheet would run if they began like a formula."""


def refuse_unsafe(connection: "DuckDBPyConnection", path: "Path", columns: Iterable[str]) -> None:
    """Refuse a value of read_genomic that a terminal, a spreadsheet or tabix would misunderstand.

    These are control characters, names that begin like a formula (a single `-` is a missing value),
    and chromosomes that begin with `#`, as comments do, or hold a space.

    Args:
        connection: with the table read_genomic, its rows in the order of the file.
        path: the file.
        columns: those with text.

    Raises:
        InputError: for the first such value, with its row and column.
    """
    for column in columns:
        found = connection.execute(f"SELECT DISTINCT {column} FROM read_genomic").fetchall()
        wrong = [(text, why) for (text,) in found if text and (why := unsafe(column, text))]
        for text, why in sorted(wrong)[:1]:
            row = connection.execute(
                f"SELECT min(rowid) FROM read_genomic WHERE {column} = ?", [text]
            ).fetchall()[0][0]
            shown = printable(text)[:80]
            raise InputError(f"{path}: row {row + 1}: {column} '{shown}'; {why}")


def unsafe(column: str, text: str) -> str:
    """Return what is expected instead of a value of a column, "" if it is right."""
    if printable(text) != text or "\t" in text or "\n" in text:
        return "expected text without control characters"
    if column == "chrom" and (text.startswith("#") or len(text.split()) != 1):
        return "expected a chromosome's name, one word that does not begin with #"
    if column in _CELLS and len(text) > 1 and text.startswith(FORMULA):
        return "expected a name that does not begin like a formula of a spreadsheet"
    return ""


def bare_chromosome(name: str) -> str:
    """Return a chromosome's name without `chr`, in capitals, M for MT."""
    bare = re.sub("^chr", "", name, flags=re.IGNORECASE).upper()
    return "M" if bare == "MT" else bare


def unite_chromosomes(connection: "DuckDBPyConnection") -> list[str]:
    """Give each chromosome of read_genomic one name: chr10 and 10 are both chr10, the longest.

    Returns:
        A note for each chromosome that had several.
    """
    found = connection.execute("SELECT DISTINCT chrom FROM read_genomic").fetchall()
    groups: dict[str, list[str]] = {}
    for (name,) in found:
        groups.setdefault(bare_chromosome(name), []).append(name)
    notes = []
    for names in groups.values():
        if len(names) == 1:
            continue
        kept, *others = sorted(names, key=lambda name: (-len(name), name.upper(), name))
        listed = ", ".join(map(quote_text, others))
        connection.execute(
            f"UPDATE read_genomic SET chrom = {quote_text(kept)} WHERE chrom IN ({listed})"
        )
        notes.append(
            f"{' and '.join([kept, *others])} are one chromosome, which is written {kept} here"
        )
    return sorted(notes)


def unite_transcripts(connection: "DuckDBPyConnection") -> dict[str, str]:
    """Give a transcript of read_scores its name in read_genomic, if only one has a version.

    Returns:
        The names in the genomic table, by those in the tables of scores, where they differ.

    Raises:
        InputError: the genomic table has several versions of a transcript, the scores none.
    """
    genomic = _transcripts(connection, "read_genomic")
    names = Names(genomic, "the genomic table")
    scores = _transcripts(connection, "read_scores")
    taken, renamed = genomic & scores, dict[str, str]()
    for name in sorted(scores - genomic):
        meant = names.find(name)
        if meant is not None and meant not in taken:
            taken.add(meant)
            renamed[name] = meant
            connection.execute(
                "UPDATE read_scores SET transcript_id = ? WHERE transcript_id = ?", [meant, name]
            )
    return renamed


def _transcripts(connection: "DuckDBPyConnection", table: str) -> set[str]:
    found = connection.execute(f"SELECT DISTINCT transcript_id FROM {table}").fetchall()
    return {name for (name,) in found if name is not None}
