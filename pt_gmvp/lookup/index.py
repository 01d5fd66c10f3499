"""Where genes and transcripts lie, from the small file that is beside a finalized table."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from pt_gmvp.finalizing.columns import GENES


class Span(NamedTuple):
    """A transcript's rows on a chromosome: see GENES."""

    gene_symbol: str
    gene_id: str
    transcript_id: str
    chrom: str
    start: int
    end: int
    last_position: int
    rows: int


def read_spans(path: Path) -> list[Span]:
    """Read an index of genes.

    Raises:
        InputError: it is none.
        OSError: it cannot be read.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[:1] != ["\t".join(GENES)]:
        raise InputError(f"{path}: is no index of genes; run gmvp finalize again, which writes it")
    try:
        return [span(line.split("\t")) for line in lines[1:]]
    except (TypeError, ValueError):
        raise InputError(f"{path}: is damaged; run gmvp finalize again, which writes it") from None


def span(values: Iterable[str | int]) -> Span:
    """A span from GENES' columns as text."""
    *names, start, end, last, rows = values
    return Span(*map(str, names), *map(int, (start, end, last, rows)))  # type: ignore[arg-type]


def find(spans: list[Span], name: str) -> list[Span]:
    """The spans of a gene's symbol or id, or of a transcript; case and version are not looked at.

    If the table has that very version, others are left out.
    """
    wanted = name.upper()
    exact = [s for s in spans if wanted in (n.upper() for n in s[:3])]
    return exact or [s for s in spans if _bare(wanted) in (_bare(n.upper()) for n in s[1:3])]


def nearest(spans: list[Span], name: str) -> list[str]:
    """Names that are spelled nearly so, three at most."""
    names = {n.upper(): n for s in spans for n in s[:3] if n}
    # difflib compares with each of them; those that begin otherwise and are of other lengths
    # cannot be near, and there are tens of thousands.
    likely = [n for n in names if abs(len(n) - len(name)) <= 2]
    return [names[n] for n in difflib.get_close_matches(name.upper(), likely, cutoff=0.7)]


def _bare(identifier: str) -> str:
    """An identifier without its version, ENST00000371953.8."""
    stem, _, version = identifier.rpartition(".")
    return stem if stem and version.isdigit() else identifier
