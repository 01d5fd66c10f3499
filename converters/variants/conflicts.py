"""Variants with two labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.identifiers import without_version
from converters.variants.listing import Listing
from converters.variants.rows import UNLABELLED, Rows

Choice = Literal["error", "first", "drop"]
CONFLICT = "two labels"


def settle(
    rows: Rows, paths: Sequence[Path], choice: Choice, listed: Listing
) -> NDArray[np.int64] | None:
    """Find the variants with two labels, with or without the version of their transcript.

    Args:
        rows: of all tables.
        paths: of the tables.
        choice: "error"; "first" keeps the rows with the label that comes first; "drop" none.
        listed: gets the rows that are not kept, as left out.

    Returns:
        The numbers of the rows to keep, None for all.

    Raises:
        InputError: a variant has two labels, and `choice` is "error"; the message names both lines.
    """
    labelled = np.flatnonzero(rows.label != UNLABELLED)
    if not len(labelled):
        return None
    key = _keys(rows)[labelled]
    order = np.argsort(key, kind="stable")
    key, at = key[order], labelled[order]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    first = np.repeat(at[starts], np.diff(np.r_[starts, len(at)]))
    other = rows.label[at] != rows.label[first]
    if not other.any():
        return None
    if choice == "error":
        _refuse(rows, paths, at[other], first[other])
    gone = at[other] if choice == "first" else at[np.isin(key, key[other])]
    whose = dict(zip(at.tolist(), first.tolist(), strict=True))
    mates = dict(zip(first[other].tolist(), at[other].tolist(), strict=True))
    gone = np.sort(gone)
    for number in gone.tolist():
        mate = whose[number]
        if rows.label[mate] == rows.label[number]:
            mate = mates[mate]
        other_label = f"{rows.label[mate]} on {_place(rows, paths, mate)}"
        detail = f"its label is {rows.label[number]}, but {other_label}"
        table = str(paths[rows.table[number]])
        listed.add(table, int(rows.line[number]), rows.name(number), CONFLICT, detail, False)
    return np.setdiff1d(np.arange(len(rows)), gone, assume_unique=True)


def _keys(rows: Rows) -> NDArray[np.int64]:
    numbers = dict[str, int]()
    bare = [without_version(name) for name in rows.transcripts]
    index = np.array([numbers.setdefault(name, len(numbers)) for name in bare] or [0], np.int64)
    # Below 2^24 transcripts, positions below 2^30, and a letter: 62 bits.
    return index[rows.transcript] << 38 | rows.position.astype(np.int64) << 8 | rows.alt


def _refuse(
    rows: Rows, paths: Sequence[Path], others: NDArray[np.int64], firsts: NDArray[np.int64]
) -> None:
    which = int(np.argmin(others))
    number, first = int(others[which]), int(firsts[which])
    more = f" (and {len(others) - 1:,} more such rows)" if len(others) > 1 else ""
    raise InputError(
        f"{_place(rows, paths, number)}: {rows.name(number)} has the label {rows.label[number]},"
        f" but {rows.label[first]} on {_place(rows, paths, first)}{more}; correct the tables, or"
        " give --conflicts first to keep the first label, or --conflicts drop to leave such"
        " variants out"
    )


def _place(rows: Rows, paths: Sequence[Path], number: int) -> str:
    return f"{paths[rows.table[number]]}, line {rows.line[number]}"
