"""Pieces of Markdown as GitHub reads it, with nothing in them that a name could break out of."""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_\[\]~|@#])")
# What makes a list or a heading of a line that begins with it.
_BEGINNING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")


def escape(text: str) -> str:
    """Text that shows as it is, in one line, in a paragraph or in a cell of a table."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BEGINNING.sub(r"\1\\", _MARKUP.sub(r"\\\1", line))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table; a heading that begins with a space is of a column of numbers."""
    rule = ["---:" if heading.startswith(" ") else "---" for heading in headings]
    lines = [[heading.strip() for heading in headings], rule]
    lines += [[escape(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def folded(title: str, lines: Iterable[str]) -> list[str]:
    """Lines that are seen once a reader asks for them."""
    return [f"<details><summary>{escape(title)}</summary>", "", *lines, "", "</details>"]
