"""Table of `parity shapes`: every intermediate and weight with both sides' shapes."""

from rich.console import Console
from rich.text import Text

from parity.checking.checker import Checker
from parity.checking.shapes import IntermediateShape, layer_shapes
from parity.errors import ParityError, UnavailableError
from parity.report.terminal import shape

_HEADINGS = ("", "name", "axes")


def print_shapes(console: Console, checker: Checker) -> int:
    """Print the selected layers' shapes; 0 if all agree, 1 if not, 2 if a layer cannot run."""
    code = 0
    for pair, config, _ in checker.cases():
        console.print(Text(f"{pair.layer}  {config.name}", "bold"), soft_wrap=True)
        try:
            rows = list(layer_shapes(checker, pair, config))
        except UnavailableError:
            raise
        except ParityError as error:
            console.print(Text(f"  not run: {error}", "magenta"), soft_wrap=True)
            code = code or 2
            continue
        _print_rows(console, rows, (pair.reference.framework, pair.candidate.framework))
        if not all(row.agree for row in rows):
            code = 1
    return code


def _print_rows(console: Console, rows: list[IntermediateShape], sides: tuple[str, str]) -> None:
    table = [(*_HEADINGS, *sides, "")] + [
        (
            row.kind,
            row.name,
            row.axes,
            shape(row.reference),
            shape(row.candidate),
            row.transform if row.agree else "DIFFERENT",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for number, line in enumerate(table):
        text = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        style = "dim" if number == 0 else "" if rows[number - 1].agree else "bold red"
        console.print(Text("  " + text.rstrip(), style), soft_wrap=True)
    console.print()
