"""Gene names from the original's table of transcripts, in place of the genomic table's own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from converters.errors import InputError
from converters.messages import printable
from pt_gmvp.tables.finalize.names import unsafe
from pt_gmvp.tables.source import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GENE_NAMES = ("transcript_stable_id", "display_label", "gene_stable_id")
"""Columns of the original's table: transcript, gene symbol, gene id."""

OWN = ("gene_symbol", "gene_id")
"""The genomic columns that it fills."""

_SHOWN = 5


@dataclass(frozen=True)
class Unnamed:
    """Transcripts that the table lacks, whose gene columns are empty: number and first ids."""

    count: int
    names: list[str]


def name_genes(connection: "DuckDBPyConnection", genes: Source) -> Unnamed:
    """Fill gene_symbol and gene_id of the table read_genomic, by transcript.

    Ids are compared as they are first, then without versions, where that leaves no doubt.

    Raises:
        InputError: the table gives a transcript two genes, or a name that is unsafe to print.
    """
    symbol, gene = "coalesce(display_label, '')", "coalesce(gene_stable_id, '')"
    connection.execute(f"""
        CREATE TEMP TABLE given_genes AS
        SELECT DISTINCT CAST(transcript_stable_id AS VARCHAR) AS id, {symbol} AS gene_symbol,
            {gene} AS gene_id, {_bare("transcript_stable_id")} AS bare
        FROM {genes.relation} WHERE transcript_stable_id IS NOT NULL""")
    for names in connection.execute(f"SELECT id, {', '.join(OWN)} FROM given_genes").fetchall():
        for column, text in zip(OWN, names[1:], strict=True):
            if text and (why := unsafe(column, text)):
                raise InputError(
                    f"{genes.path}: {column} '{printable(text)[:80]}' of {names[0]}; {why}"
                )
    twice = connection.execute(
        "SELECT id FROM given_genes GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1"
    ).fetchone()
    if twice:
        raise InputError(f"{genes.path}: gives {twice[0]} more than one gene; expected one")
    connection.execute(f"""
        CREATE TEMP TABLE named_genes AS
        SELECT asked.id, coalesce(exact.gene_symbol, alike.gene_symbol) AS gene_symbol,
            coalesce(exact.gene_id, alike.gene_id) AS gene_id
        FROM (SELECT DISTINCT transcript_id AS id, {_bare("transcript_id")} AS bare
              FROM read_genomic) AS asked
        LEFT JOIN given_genes AS exact ON exact.id = asked.id
        LEFT JOIN (SELECT bare, min(gene_symbol) AS gene_symbol, min(gene_id) AS gene_id
                   FROM given_genes GROUP BY bare HAVING count(DISTINCT (gene_symbol, gene_id)) = 1
                  ) AS alike ON alike.bare = asked.bare""")
    connection.execute("""
        UPDATE read_genomic SET gene_symbol = nullif(named.gene_symbol, ''),
            gene_id = nullif(named.gene_id, '')
        FROM named_genes AS named WHERE named.id = read_genomic.transcript_id""")
    absent = connection.execute(
        "SELECT id FROM named_genes WHERE gene_symbol IS NULL ORDER BY id"
    ).fetchall()
    connection.execute("DROP TABLE given_genes; DROP TABLE named_genes")
    return Unnamed(len(absent), [row[0] for row in absent[:_SHOWN]])


def _bare(column: str) -> str:
    """Return SQL for an id without its version."""
    return rf"regexp_replace(CAST({column} AS VARCHAR), '\.[0-9]+$', '')"
