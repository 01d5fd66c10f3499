"""Names of transcripts' genes, for titles."""

import csv
import io
from pathlib import Path

from converters.errors import InputError
from converters.identifiers import spellings, without_version
from converters.text import read_text

_COLUMNS = (("transcript_stable_id", "display_label"), ("transcript_id", "gene_symbol"))
"""Of the original's table of genes, and of a finalized table or its `.genes.tsv`."""


def gene_of(path: str | Path, transcript: str) -> str | None:
    """Return the symbol of a transcript's gene, found with or without its version; None if absent.

    Args:
        path: a tab-separated table with `transcript_stable_id` and `display_label`, as the original
            has it, or with `transcript_id` and `gene_symbol`. Beside a finalized table,
            `<table>.genes.tsv` is read instead.
        transcript: its id.

    Raises:
        InputError: the table has other columns.
        OSError: it cannot be read.
    """
    index = Path(f"{path}.genes.tsv")
    path = index if index.exists() else Path(path)
    text = read_text(path)
    reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    names = [(name or "").lstrip("#").strip() for name in reader.fieldnames or []]
    reader.fieldnames = names
    columns = next((pair for pair in _COLUMNS if set(pair) <= set(names)), None)
    if columns is None:
        found = ", ".join(names)
        raise InputError(
            f"{path}: not a table of genes; expected the columns {' and '.join(_COLUMNS[0])}, or"
            f" {' and '.join(_COLUMNS[1])}; it has {found[:160] or 'nothing'}"
        )
    wanted, other = spellings(transcript), None
    for row in reader:
        name, gene = (row[column] or "" for column in columns)
        if gene and name in wanted:
            return gene
        if gene and without_version(name) == wanted[-1]:
            other = other or gene
    return other
