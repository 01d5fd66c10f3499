"""Lines of a table split into columns: delimiters, quotes, and the number of fields."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from converters.errors import InputError
from converters.variants.byte_columns import PADDING, ByteColumn
from converters.variants.lines import Lines

_NEWLINE, _QUOTE = 10, 34
DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons"}


def split_line(path: str | Path, line: str, number: int, delimiter: str) -> list[str]:
    """Split one line; a field in quotes may hold the delimiter, and `""` for a quote.

    A quote elsewhere in a field is text, and so are those of a field such as `"hotspot" in mice`.

    Raises:
        InputError: a field begins with a quote, and the line has no other.
    """
    if '"' not in line:
        return line.split(delimiter)
    fields, at = [], 0
    while at <= len(line):
        end = _closing(line, at, delimiter) if line.startswith('"', at) else -1
        if end >= 0:
            fields.append(line[at + 1 : end].replace('""', '"'))
            at = end + 2
            continue
        if line.startswith('"', at) and '"' not in line[at + 1 :]:
            raise InputError(
                f"{path}, line {number}: the quote of field {len(fields) + 1} is not closed on"
                " this line; expected one row per line"
            )
        end = line.find(delimiter, at)
        end = end if end >= 0 else len(line)
        fields.append(line[at:end])
        at = end + 1
    return fields


def _closing(line: str, at: int, delimiter: str) -> int:
    """Return the place of the quote that ends a field, -1 if it goes on after a quote."""
    end = at
    while (end := line.find('"', end + 1)) >= 0:
        if line.startswith('"', end + 1):
            end += 1  # two quotes stand for one
        elif end + 1 == len(line) or line[end + 1] == delimiter:
            return end
        else:
            return -1
    return -1


def split_lines(
    path: str | Path,
    lines: Lines,
    delimiter: str | None,
    width: int,
    needed: Sequence[int],
) -> list[Sequence[str]]:
    """Split lines into columns.

    Args:
        path: for messages.
        lines: without empty ones and comments.
        delimiter: a character, or None for any white space.
        width: the number of fields that each line must have.
        needed: the columns to return.

    Returns:
        The needed columns, each of as many cells as there are lines.

    Raises:
        InputError: another number of fields, or an open quote; the message names the line.
    """
    if delimiter and (columns := regular_columns(lines, delimiter, width, needed)):
        return list(columns)
    upto = max(needed, default=0) + 1
    texts = lines.texts
    rows: list[list[str]] | None = None
    if delimiter is None:
        rows = [text.split() for text in texts]
        right = set(map(len, rows)) <= {width}
    elif any('"' in text for text in texts):
        rows = _by_csv(texts, delimiter)
        if rows is None:
            numbers = lines.numbers.tolist()
            pairs = zip(texts, numbers, strict=True)
            rows = [split_line(path, text, number, delimiter) for text, number in pairs]
        right = set(map(len, rows)) <= {width}
    elif upto < width:
        rows = [text.split(delimiter, upto) for text in texts]
        right = {text.count(delimiter) for text in texts} <= {width - 1}
    else:
        rows = [text.split(delimiter) for text in texts]
        right = set(map(len, rows)) <= {width}
    if not right:
        _refuse(path, lines, delimiter, width)
    cells = list(zip(*rows, strict=False)) if rows else [()] * width
    return [cells[at] for at in needed]


def regular_columns(
    lines: Lines, delimiter: str, width: int, needed: Sequence[int]
) -> list[ByteColumn] | None:
    """Find the cells without a string for each; None unless the lines are regular.

    Quotes must be around whole fields, and no delimiter or quote within them.
    """
    whole = np.frombuffer(lines.data, np.uint8)[: len(lines.data) - PADDING]
    number = len(lines)
    ends = np.flatnonzero((whole == ord(delimiter)) | (whole == _NEWLINE))
    if not number or len(ends) != number * width:
        return None
    starts = np.empty_like(ends)
    starts[0], starts[1:] = 0, ends[:-1] + 1
    table_ends, table_starts = ends.reshape(number, width), starts.reshape(number, width)
    if not (whole[table_ends[:, -1]] == _NEWLINE).all():
        return None
    if quotes := lines.data.count(b'"'):
        long = table_ends - table_starts > 1
        opened = (whole[table_starts] == _QUOTE) & long
        closed = (whole[table_ends - 1] == _QUOTE) & long
        if quotes != 2 * opened.sum() or not np.array_equal(opened, closed):
            return None
        table_starts, table_ends = table_starts + opened, table_ends - closed
    return [
        ByteColumn(lines.data, table_starts[:, at].copy(), table_ends[:, at].copy())
        for at in needed
    ]


def _by_csv(texts: list[str], delimiter: str) -> list[list[str]] | None:
    """Split by the standard library's reader; None unless it finds a row in each line."""
    try:
        rows = list(csv.reader(texts, delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows if len(rows) == len(texts) else None


def _refuse(path: str | Path, lines: Lines, delimiter: str | None, width: int) -> None:
    for text, number in zip(lines.texts, lines.numbers.tolist(), strict=True):
        if delimiter is None:
            cells, wanted = text.split(), "expected transcript, position, reference and substitute"
        else:
            cells, wanted = split_line(path, text, number, delimiter), f"expected {width}"
        if len(cells) != width:
            raise InputError(f"{path}, line {number}: {len(cells)} fields; {wanted}")
