"""Gene's name in titles: as given, or from a table."""

import sys
from pathlib import Path

from converters.errors import InputError


def gene_name(gene: str | None, genes: Path | None, transcript: str) -> str | None:
    """Return the name for a title; say on standard error if the table does not have it.

    Raises:
        InputError: both are given, or the table has other columns.
        OSError: it cannot be read.
    """
    if gene and genes:
        raise InputError("--gene already is the name; leave out --genes")
    if genes is None:
        return gene
    from pt_gmvp.analysis.genes import gene_of

    found = gene_of(genes, transcript)
    if found is None:
        print(f"note: {genes} has no gene of {transcript}", file=sys.stderr)
    return found
