"""The reader of variant tables that every command uses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from converters.variants.listing import Listing
from converters.variants.rows import UNLABELLED, Rows
from converters.variants.table import read_table


@dataclass(frozen=True)
class Options:
    """How to read variant tables.

    Attributes:
        map: a file of two columns that gives the transcripts of other ids (UniProt, RefSeq, genes).
        genes: a table of transcripts and gene names, as the original has it, or a finalized one.
        transcript: the transcript of tables that name no protein.
        label: the column of labels; `target` if there is one.
        conflicts: what becomes of a variant with two labels: an "error", the "first" label, or
            "drop" all of its rows.
        labels: read labels and list variants without one; else labels are ignored.
        features: the folder of matrices; an id that has one there needs no `map`.
    """

    map: Path | None = None
    genes: Path | None = None
    transcript: str | None = None
    label: str | None = None
    conflicts: Literal["error", "first", "drop"] = "error"
    labels: bool = False
    features: Path | None = None


@dataclass(frozen=True)
class Read:
    """What variant tables hold; `len(rows) + len(listed)` is the number of variants asked about.

    Attributes:
        rows: the variants to score, in the order of the tables.
        listed: the others, each with its line and reason, in the order of the tables.
        kinds: each table and what it was taken for, such as "VEP".
        lines: rows of the tables; one row may hold several variants.
        notes: lines for the user, such as that an id stands for several transcripts.
    """

    rows: Rows
    listed: Listing
    kinds: list[tuple[Path, str]]
    lines: int
    notes: list[str] = field(default_factory=list)


def read_tables(paths: Sequence[str | Path], options: Options = Options()) -> Read:
    """Read variant tables of any known kind, recognised by their content.

    Raises:
        InputError: a table is of no known kind or damaged, its ids are unknown as a whole, or a
            variant has two labels; the message names the file and line.
        OSError: a file cannot be read.
    """
    listed, kinds, parts = Listing(), [], []
    for number, path in enumerate(paths):
        table = read_table(path)
        kinds.append((Path(path), table.format))
        for reason, count in table.dropped.items():
            for _ in range(count):
                listed.add(str(path), 0, "", reason, reason, False)
        parts += [(number, variant) for variant in table.variants]
    numbers = dict[str, int]()
    for _, variant in parts:
        numbers.setdefault(variant.transcript, len(numbers))
    variants = [variant for _, variant in parts]
    labels = [
        variant.label if options.labels and variant.label is not None else UNLABELLED
        for variant in variants
    ]
    rows = Rows(
        list(numbers),
        np.array([numbers[variant.transcript] for variant in variants], np.int32),
        np.array([variant.position for variant in variants], np.int32),
        np.array([ord(variant.ref) for variant in variants], np.uint8),
        np.array([ord(variant.alt) for variant in variants], np.uint8),
        np.array(labels, np.int8),
        np.array([number for number, _ in parts], np.int16),
        np.array([variant.line for variant in variants], np.int64),
        [variant.var_id for variant in variants],
    )
    return Read(rows, listed, kinds, len(variants) + len(listed))
