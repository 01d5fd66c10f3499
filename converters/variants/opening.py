"""A table's kind, header and rows: recognised by content, whatever its name and dressing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from converters.errors import InputError
from converters.variants.cells import DELIMITERS, split_line, split_lines
from converters.variants.changes import quoted
from converters.variants.kinds import contents as by_content
from converters.variants.kinds.known import EXPECTED, layout_of
from converters.variants.kinds.layout import Column, Layout
from converters.variants.lines import Lines, contents, read_blocks

_SAMPLE = 200
_DATA = re.compile(
    r"ENS[A-Z]*[GPT][0-9]{6}|[NX][MP]_[0-9]{4}|(?:^|[\t,;:.( ])[A-Z*][0-9]+[A-Z*](?![A-Za-z0-9_])"
)
"""Cells that no header has: ids of transcripts and proteins, and changes."""

_COMMENTS = 50


@dataclass
class Table:
    """An opened table.

    Attributes:
        path: the file.
        layout: how to read it.
        delimiter: a character, or None for any white space.
        header: the names of the columns; empty without a header.
        width: the number of fields of each row.
        header_line: the header as it stands, which concatenated tables repeat.
        blocks: the rows.
    """

    path: Path
    layout: Layout
    delimiter: str | None
    header: list[str]
    width: int
    header_line: str
    blocks: Iterator[Lines]

    def rows(self, *further: int) -> Iterator[tuple[Lines, list[Column]]]:
        """Yield blocks of lines and their columns: those of the layout, then further ones."""
        needed = [*self.layout.needed, *further]
        for block in self.blocks:
            yield block, split_lines(self.path, block, self.delimiter, self.width, needed)


@dataclass
class _Start:
    """The lines before the first row or header, and the rest."""

    meta: list[str]
    comments: list[tuple[int, str]]
    first: Lines
    rest: Iterator[Lines]


def open_table(path: str | Path) -> Table:
    """Open a table and recognise its kind.

    Raises:
        InputError: the table is empty, of no known kind, or lacks a column that its kind needs.
        OSError: it cannot be read.
    """
    start = _begin(path)
    table = _with_header(Path(path), start) or _without_header(Path(path), start)
    if table is None:
        first, number = start.first.texts[0], int(start.first.numbers[0])
        raise InputError(
            f"{path}, line {number}: the header is {_cut(first)}, of no known kind of variant"
            f" table; expected {EXPECTED}"
        )
    return table


def _cut(line: str) -> str:
    return quoted(line, 200)


def _begin(path: str | Path) -> _Start:
    blocks = read_blocks(path)
    meta: list[str] = []
    comments: list[tuple[int, str]] = []
    for block in blocks:
        for at, text in enumerate(block.texts):
            if text.startswith("##INFO"):
                meta.append(text)
            elif text.startswith("#") and not text.startswith("##"):
                comments = [*comments[1 - _COMMENTS :], (int(block.numbers[at]), text)]
            elif text.strip(" \t,;") and not text.startswith("#"):
                rows = block.after(at)
                return _Start(meta, comments, contents(rows), map(contents, blocks))
    if any(_header(Path(path), line, meta) for line in comments[-1:]):
        raise InputError(f"{path}: contains no variant, only a header")
    raise InputError(f"{path}: contains no variant; expected a table with a header")


def _header(
    path: Path, line: tuple[int, str], meta: list[str], like: str = ""
) -> tuple[Layout, str, list[str]] | None:
    """Recognise a header in any delimiter: its layout, delimiter and names.

    It must have as many names as the line `like` has cells.
    """
    number, text = line
    for delimiter in DELIMITERS:
        if delimiter not in text and any(other in text for other in DELIMITERS):
            continue
        cells = split_line(path, text.lstrip("# "), number, delimiter)
        names = [cell.strip() for cell in cells]
        if like and len(split_line(path, like, number, delimiter)) != len(names):
            continue
        if layout := layout_of(names, f"{path}, line {number}", meta):
            return layout, delimiter, names
    return None


def _with_header(path: Path, start: _Start) -> Table | None:
    """Open a table whose first line, or the last comment before it, is a known header."""
    first = (int(start.first.numbers[0]), start.first.text(0))
    is_row = by_content.is_plain(first[1].split()) or _DATA.search(first[1])
    if not is_row and (found := _header(path, first, start.meta)):
        return _table(path, found, first[1], start.first.after(1), start.rest)
    for comment in reversed(start.comments):
        # The words of a comment may be those of a header, but are not as many as the first row's.
        if found := _header(path, comment, start.meta, like=first[1]):
            return _table(path, found, comment[1], start.first, start.rest)
    return None


def _table(
    path: Path,
    found: tuple[Layout, str, list[str]],
    line: str,
    first: Lines,
    rest: Iterator[Lines],
) -> Table:
    layout, delimiter, names = found
    blocks = _checked(path, first, rest)
    return Table(path, layout, delimiter, names, len(names), line, blocks)


def _checked(path: Path, first: Lines, rest: Iterator[Lines]) -> Iterator[Lines]:
    """Yield the blocks that have rows; raise InputError if there is none."""
    some = False
    for block in chain((first,), rest):
        if len(block):
            some = True
            yield block
    if not some:
        raise InputError(f"{path}: contains no variant, only a header")


def _without_header(path: Path, start: _Start) -> Table | None:
    """Open a table without a known header, by what its cells look like."""
    lines = start.first
    words = lines.texts[0].split()
    following = [text.split() for text in lines.texts[1:2]]
    if by_content.is_plain(words):
        return _plain(path, lines, start.rest)
    named = len(words) == 4 and not words[1][:1].isdigit()
    if (
        named
        and not any(by_content.is_change(word) for word in words)
        and all(map(by_content.is_plain, following))
    ):
        rest = lines.after(1)
        return _plain(path, rest, start.rest)
    for delimiter in DELIMITERS:
        if found := _guess(path, lines, delimiter):
            layout, header, width = found
            rows = lines.after(1) if header else lines
            blocks = _checked(path, rows, start.rest)
            return Table(path, layout, delimiter, header, width, lines.texts[0], blocks)
    return None


def _plain(path: Path, first: Lines, rest: Iterator[Lines]) -> Table:
    return Table(path, by_content.plain(), None, [], 4, "", _checked(path, first, rest))


def _guess(path: Path, lines: Lines, delimiter: str) -> tuple[Layout, list[str], int] | None:
    """Return layout, header (empty without one) and width, by the first rows."""
    some = [
        split_line(path, text, number, delimiter)
        for text, number in zip(lines.texts[:_SAMPLE], lines.numbers.tolist(), strict=False)
    ]
    width = len(some[0])
    rows = [row for row in some if len(row) == width]
    if layout := by_content.guess(rows[:1]):
        full = by_content.guess(rows) or layout
        if len(rows) * 2 >= len(some):
            return full, [], width
    if len(rows) > 1 and (layout := by_content.guess(rows[1:])):
        return layout, [cell.strip() for cell in rows[0]], width
    return None
