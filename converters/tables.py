"""Tables for people and for pipes: coloured and fitted on a terminal, whole lines elsewhere."""

import io
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.table import Table

_WIDE = 10_000


def new_table(*columns: str) -> "Table":
    """Start a table without frames; fill it by its `add_row`."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_table(table: "Table", stream: TextIO, keep: int | None = None) -> None:
    """Print in colour on a terminal; elsewhere plain, and as wide as the longest line needs.

    On a terminal that is too narrow, only the first `keep` columns are printed if it is given.
    """
    from rich.console import Console

    if stream.isatty():
        console = Console(file=stream, markup=False, highlight=False)
        wanted = table.__rich_measure__(console, console.options.update(width=_WIDE)).maximum
        if keep is not None and wanted > console.width:
            del table.columns[keep:]
        console.print(table)
        return
    plain = io.StringIO()
    Console(file=plain, width=_WIDE, markup=False, highlight=False, color_system=None).print(table)
    stream.write("".join(line.rstrip() + "\n" for line in plain.getvalue().splitlines()))
