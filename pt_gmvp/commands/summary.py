"""What `gmvp score` and `gmvp predict` say at their end."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pt_gmvp.scoring.models import Ensemble
    from pt_gmvp.scoring.outputs import Output

_SHOWN = 20


def print_summary(rows: Sequence[tuple[str, str]], ensemble: "Ensemble", output: "Output") -> None:
    """Print what was counted, by what, and where it is; beside the table if that is a stream."""
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
            f"note: {ensemble.precision} is not what the verdicts of parity check were given for; "
            "they are of float32",
            file=sys.stderr,
        )


def print_failures(what: str, failures: Sequence[tuple[str, str]], output: "Output") -> None:
    """Name what has no score, and why; the first of many."""
    from converters.tables import new_table, print_table

    if not failures:
        return
    stream = sys.stderr if output.stream else sys.stdout
    table = new_table(what, "why it has no score")
    for name, reason in failures[:_SHOWN]:
        table.add_row(name, reason)
    print(file=stream)
    print_table(table, stream)
    if len(failures) > _SHOWN:
        print(f"... and {len(failures) - _SHOWN:,} more; --report FILE has them all", file=stream)
