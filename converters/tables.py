"""Tables on standard output: coloured and fitted on a terminal, plain whole lines elsewhere."""

import io
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.table import Table

_WIDE = 10_000


def new_table(*columns: str) -> "Table":
    """Return an empty borderless table; fill it with its `add_row`."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def print_table(table: "Table", stream: TextIO, keep: int | None = None) -> None:
    """Print a table, in colour on a terminal, otherwise plain and as wide as its longest line.

    On a terminal that is too narrow, only the first `keep` columns are printed, if given.
    """
    from rich.console import Console

    from converters.messages import safe_console

    if stream.isatty():
        console = safe_console(Console(file=stream, markup=False, highlight=False))
        wanted = table.__rich_measure__(console, console.options.update(width=_WIDE)).maximum
        if keep is not None and wanted > console.width:
            del table.columns[keep:]
        console.print(table)
        return
    plain = io.StringIO()
    wide = Console(file=plain, width=_WIDE, markup=False, highlight=False, color_system=None)
    safe_console(wide).print(table)
    stream.write("".join(line.rstrip() + "\n" for line in plain.getvalue().splitlines()))


def print_rows(
    columns: Sequence[str],
    rows: Iterable[Iterable[str]],
    stream: TextIO | None = None,
    keep: int | None = None,
) -> None:
    """Print rows under column names, on standard output by default; see `print_table`."""
    table = new_table(*columns)
    for row in rows:
        table.add_row(*row)
    print_table(table, stream or sys.stdout, keep)
