"""`parity shapes`: shapes of both sides, without a verdict on values."""

import typer

from parity.commands.options import (
    ConfigOption,
    InputsOption,
    LayerOption,
    PortArgument,
    PortOption,
    RecordsOption,
    SeedOption,
    choose_port,
    console,
)
from parity.commands.preparing import prepare


def shapes(
    port_argument: PortArgument = None,
    layer: LayerOption = None,
    config: ConfigOption = None,
    port: PortOption = None,
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    seed: SeedOption = 1,
) -> None:
    """Show the shapes of every intermediate and weight on both sides."""
    from parity.checking.selection import Selection
    from parity.report.shapes import print_shapes

    selection = Selection(tuple(layer or ()), tuple(config or ()), ("isolated",), False, seed)
    chosen = choose_port(port_argument, port)
    checker, shown = prepare(chosen.name, selection, inputs, records), console()
    chosen.print_reason(shown)
    raise typer.Exit(print_shapes(shown, checker))
