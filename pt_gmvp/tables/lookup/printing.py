"""Output of answers as a table, as tab-separated lines, or as JSON."""

import json
from collections.abc import Iterable
from typing import TextIO

from converters.tables import print_rows
from pt_gmvp.tables.finalize.columns import FINAL, RANKED
from pt_gmvp.tables.lookup.answer import Answer
from pt_gmvp.tables.lookup.table import Row

_WHOLE = ("pos", "protein_position")
_COLUMNS = (
    "variant",
    "gene",
    "change",
    "gMVP",
    "normalized",
    "rankscore",
    "normalized rankscore",
    "transcript",
    "codons",
)
_ON_NARROW = 6  # columns shown on a terminal that is too narrow for all


def print_table_of(answers: Iterable[Answer], stream: TextIO, queries: bool = False) -> None:
    """Print the most important columns as a table, each row beside its query if `queries`."""
    if queries:
        rows = ([one.query.text, *_cells(row)] for one in answers for row in one.rows)
        print_rows(("query", *_COLUMNS), rows, stream, keep=1 + _ON_NARROW)
        return
    print_rows(_COLUMNS, map(_cells, _rows(answers)), stream, keep=_ON_NARROW)


def _cells(row: Row) -> list[str]:
    return [
        "-".join(row[name] for name in ("chrom", "pos", "ref", "alt")),
        row["gene_symbol"],
        row["ref_aa"] + row["protein_position"] + row["alt_aa"],
        *(f"{float(row[name]):.4f}" for name in RANKED),
        row["transcript_id"],
        f"{row['ref_codon']}>{row['alt_codon']}",
    ]


def print_tsv(answers: Iterable[Answer], stream: TextIO, queries: bool = False) -> None:
    """Print the table's own header and lines, each after its query if `queries`."""
    print("\t".join(("query", *FINAL) if queries else FINAL), file=stream)
    for one in answers:
        beside = " ".join(one.query.text.split()) + "\t" if queries else ""
        for row in one.rows:
            print(beside + "\t".join(row[name] for name in FINAL), file=stream)


def print_json(answers: Iterable[Answer], stream: TextIO) -> None:
    """Print a list with one object per query: its text, and rows or what the table has instead."""
    documents = [
        {"query": one.query.text, "rows": [_typed(row) for row in one.rows]}
        | ({"instead": one.instead} if one.instead else {})
        for one in answers
    ]
    print(json.dumps(documents, indent=2, ensure_ascii=False), file=stream)


def _rows(answers: Iterable[Answer]) -> Iterable[Row]:
    return (row for one in answers for row in one.rows)


def _typed(row: Row) -> dict[str, str | int | float]:
    return {
        name: int(row[name])
        if name in _WHOLE
        else float(row[name])
        if name in RANKED
        else row[name]
        for name in FINAL
    }
