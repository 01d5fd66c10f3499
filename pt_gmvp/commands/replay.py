"""`gmvp replay`: repeat a failed training step from its file."""

import sys
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from converters.commands.failing import failing_clearly

_SHOWN = 20

FaultFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="File fault-step-N.safetensors of a run.", show_default=False
    ),
]


def replay(file: FaultFile) -> None:
    """Repeat a failed training step; exit with 1 if its loss or gradients are not finite again."""
    with failing_clearly():
        from converters.tables import new_table, print_table
        from pt_gmvp.training.faults import replay as repeat

        found = repeat(file)
        table = new_table("step", "")
        for name in ("step", "epoch", "loss", "gradient_norm"):
            table.add_row(f"{name} in the run", str(found.about[name]))
        table.add_row("loss now", f"{found.loss:g}")
        odd = [name for name, value in found.losses if not isfinite(value)]
        for name in odd[:_SHOWN]:
            table.add_row("  not finite for", name)
        if len(odd) > _SHOWN:
            table.add_row("  and for", f"{len(odd) - _SHOWN} more")
        table.add_row("first intermediate that is not finite", found.intermediate or "none")
        for name in found.gradients[:_SHOWN]:
            table.add_row("gradient not finite", name)
        if len(found.gradients) > _SHOWN:
            table.add_row("and for", f"{len(found.gradients) - _SHOWN} more")
        print_table(table, sys.stdout)
        if odd or found.gradients or not isfinite(found.loss):
            raise typer.Exit(1)
