"""`parity shapes`: both sides' dimensions, without a verdict on values."""

import typer

from parity.commands.options import (
    ConfigOption,
    InputsOption,
    LayerOption,
    PortOption,
    RecordsOption,
    SeedOption,
    console,
)
from parity.commands.preparing import prepare


def shapes(
    layer: LayerOption = None,
    config: ConfigOption = None,
    port: PortOption = "gmvp",
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    seed: SeedOption = 1,
) -> None:
    """Show both sides' dimensions side by side, intermediate by intermediate and weight by weight."""
    from parity.checking.selection import Selection
    from parity.report.shapes import print_shapes

    selection = Selection(tuple(layer or ()), tuple(config or ()), ("isolated",), False, seed)
    raise typer.Exit(print_shapes(console(), prepare(port, selection, inputs, records)))
