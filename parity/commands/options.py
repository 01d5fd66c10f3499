"""Options that several subcommands take, and where they print."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

PortOption = Annotated[
    str, typer.Option("--port", help="An installed port's name, or a .py file that declares one.")
]
LayerOption = Annotated[
    list[str] | None, typer.Option("--layer", help="Only this layer; may be given several times.")
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option("--config", help="Only this configuration, wildcards allowed; may be repeated."),
]
InputsOption = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="PATH|random",
        help="A TFRecord file, a folder of them, or 'random'. Default: what ships with the port.",
    ),
]
RecordsOption = Annotated[
    int,
    typer.Option("--records", min=1, max=100_000, help="At most so many records of the inputs."),
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of weights and of random inputs.")
]
ModeOption = Annotated[
    Literal["isolated", "cascade", "both"],
    typer.Option(help="Feed each layer the reference's inputs, or run the whole model, or both."),
]
GradOption = Annotated[
    bool, typer.Option("--grad", help="Gradients too, by inputs and by every weight.")
]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the results here; - is stdout."),
]
JunitOption = Annotated[
    str | None,
    typer.Option("--junit", metavar="FILE", help="A JUnit XML, a test case for each case."),
]
MarkdownOption = Annotated[
    str | None,
    typer.Option("--markdown", metavar="FILE", help="A summary for a CI run, in Markdown."),
]
SarifOption = Annotated[
    str | None,
    typer.Option("--sarif", metavar="FILE", help="Mismatches as SARIF, for code scanning."),
]
HtmlOption = Annotated[
    str | None,
    typer.Option(
        "--html", metavar="FILE", help="Write a page with tables and pictures here; - is stdout."
    ),
]


def console(stderr: bool = False) -> "Console":
    """A console on standard output or standard error; rich is imported here, not at start."""
    from parity.report import terminal

    return terminal.console(stderr)
