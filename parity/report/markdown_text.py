"""Markdown as GitHub reads it, escaped so that no name can break out of its place."""

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"([\\`*_\[\]~|@#])")
# A line that begins with these would be a list or a heading.
_BEGINNING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=]))")


def escape(text: str) -> str:
    """Return text that shows as it is, in one line, in a paragraph or in a table cell."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _BEGINNING.sub(r"\1\\", _MARKUP.sub(r"\\\1", line))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; a heading that begins with a space marks a column of numbers."""
    rule = ["---:" if heading.startswith(" ") else "---" for heading in headings]
    lines = [[heading.strip() for heading in headings], rule]
    lines += [[escape(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def folded(title: str, lines: Iterable[str]) -> list[str]:
    """Return lines that are hidden until a reader opens them."""
    return [f"<details><summary>{escape(title)}</summary>", "", *lines, "", "</details>"]
