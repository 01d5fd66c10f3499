"""Final summaries of `gmvp score` and `gmvp predict`."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converters.features.stand_ins import StandIns
    from pt_gmvp.scoring.models import Ensemble
    from pt_gmvp.scoring.outputs import Output

_SHOWN = 20


def print_summary(rows: Sequence[tuple[str, str]], ensemble: "Ensemble", output: "Output") -> None:
    """Print counts, models and output; on standard error if the table goes to a stream."""
    from converters.tables import new_table, print_table

    table = new_table("scores", "")
    for row in rows:
        table.add_row(*row)
    table.add_row("models", f"{len(ensemble.models)}")
    table.add_row("device", str(ensemble.device))
    table.add_row("precision", ensemble.precision)
    table.add_row("table", str(output))
    stream = sys.stderr if output.stream else sys.stdout
    print_table(table, stream)
    if ensemble.precision != "float32":
        print(
            f"note: parity check verifies float32, not {ensemble.precision}",
            file=sys.stderr,
        )


def print_stand_ins(found: "Mapping[str, StandIns]", total: int | None = None) -> None:
    """Say on standard error what stood in for inputs of the scored transcripts."""
    from converters.features.stand_ins import notes

    for note in notes(found, total):
        print(f"note: {note}", file=sys.stderr)


def print_failures(what: str, failures: Sequence[tuple[str, str]], output: "Output") -> None:
    """Print what has no score, and why; only the first few if there are many."""
    from converters.tables import new_table, print_table

    if not failures:
        return
    stream = sys.stderr if output.stream else sys.stdout
    table = new_table(what, "reason")
    for name, reason in failures[:_SHOWN]:
        table.add_row(name, reason)
    print(file=stream)
    print_table(table, stream)
    if len(failures) > _SHOWN:
        print(f"... and {len(failures) - _SHOWN:,} more; --report FILE lists all", file=stream)
