"""Answers for people, for pipes and for programs."""

import json
from collections.abc import Iterable
from typing import TextIO

from converters.tables import new_table, print_table
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
_ON_NARROW = 6  # columns that are shown where all do not fit


def print_table_of(answers: Iterable[Answer], stream: TextIO) -> None:
    """A table of what people look at first."""
    table = new_table(*_COLUMNS)
    for row in _rows(answers):
        table.add_row(
            "-".join(row[name] for name in ("chrom", "pos", "ref", "alt")),
            row["gene_symbol"],
            row["ref_aa"] + row["protein_position"] + row["alt_aa"],
            *(f"{float(row[name]):.4f}" for name in RANKED),
            row["transcript_id"],
            f"{row['ref_codon']}>{row['alt_codon']}",
        )
    print_table(table, stream, keep=_ON_NARROW)


def print_tsv(answers: Iterable[Answer], stream: TextIO) -> None:
    """The table's own header and lines."""
    print("\t".join(FINAL), file=stream)
    for row in _rows(answers):
        print("\t".join(row[name] for name in FINAL), file=stream)


def print_json(answers: Iterable[Answer], stream: TextIO) -> None:
    """A list with an object for each query: its text, rows with numbers as such, or what is there
    instead."""
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
