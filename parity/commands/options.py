"""Options that several subcommands share, and the port they name."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parity.errors import ParityError

if TYPE_CHECKING:
    from rich.console import Console

PortArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="PORT",
        help="A .py file that declares a port, or an installed port's name. Default: port.py or "
        "the only *_port.py in the current folder, otherwise gmvp.",
    ),
]
PortOption = Annotated[str | None, typer.Option("--port", help="The same as PORT.")]
LayerOption = Annotated[
    list[str] | None, typer.Option("--layer", help="Check only this layer; may be repeated.")
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config", help="Check only this configuration, wildcards allowed; may be repeated."
    ),
]
InputsOption = Annotated[
    str | None,
    typer.Option(
        "--inputs",
        metavar="PATH|random",
        help="Records to run on: a .npz file with an array for each input, a .npy file for a "
        "single input, a folder of NAME.npy, what the port itself reads (gmvp: TFRecord files), or "
        "'random'. Default: what ships with the port.",
    ),
]
RecordsOption = Annotated[
    int,
    typer.Option("--records", min=1, max=100_000, help="Maximum number of records to use."),
]
CheckRecordsOption = Annotated[
    int | None,
    typer.Option(
        "--records",
        min=1,
        max=100_000,
        help="Maximum number of records to use. Default: 10, or fewer where drawn ones are large.",
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of weights and random inputs.")
]
ModeOption = Annotated[
    Literal["isolated", "cascade", "both"],
    typer.Option(help="Give each layer the reference's inputs, run the whole model, or both."),
]
GradOption = Annotated[
    bool, typer.Option("--grad", help="Also compare gradients of inputs and of every weight.")
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        metavar="FILE|pretrained",
        help="Run both sides on the reference's weights from a file (.h5, .weights.h5, .keras, a "
        "checkpoint, .npz, .safetensors), carried over by the port's map; 'pretrained' are those "
        "that the reference's factory builds. Default: drawn, which show more.",
    ),
]
CandidateWeightsOption = Annotated[
    Literal["own"] | None,
    typer.Option(
        help="With --weights: also compare, tensor by tensor, the weights that the candidate's "
        "factory builds with the reference's, carried over; exit with 1 if one differs.",
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        metavar="SECONDS",
        help="Stop a case after this time; it is then not compared. A single call into a "
        "framework cannot be interrupted. Default: no limit.",
    ),
]
TrainOption = Annotated[
    bool | None,
    typer.Option(
        "--train/--no-train",
        help="Compare layers in training mode too, where that differs: dropout with the same "
        "masks, running statistics after two steps. Default: if the port declares a training.",
    ),
]
GoldenOption = Annotated[
    Path | None,
    typer.Option(
        metavar="BUNDLE",
        help="Use this recording (`parity record`) as the reference; "
        "its framework need not be installed.",
    ),
]
JsonOption = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the results as JSON; - is stdout."),
]
JunitOption = Annotated[
    str | None,
    typer.Option("--junit", metavar="FILE", help="Write JUnit XML, with a test for each case."),
]
MarkdownOption = Annotated[
    str | None,
    typer.Option("--markdown", metavar="FILE", help="Write a Markdown summary for a CI run."),
]
SarifOption = Annotated[
    str | None,
    typer.Option("--sarif", metavar="FILE", help="Write mismatches as SARIF, for code scanning."),
]
HtmlOption = Annotated[
    str | None,
    typer.Option(
        "--html", metavar="FILE", help="Write a page with tables and pictures; - is stdout."
    ),
]


def console(stderr: bool = False) -> "Console":
    """Return a console on standard output or standard error; rich is imported only here."""
    from parity.report import terminal

    return terminal.console(stderr)


@dataclass(frozen=True)
class ChosenPort:
    """Port to work on: its name or file, and why it was chosen if the user named none."""

    name: str
    reason: str = ""

    def print_reason(self, shown: "Console") -> None:
        """Print which port was chosen and why; print nothing if the user named it."""
        if self.reason:
            shown.print(f"port: {self.name} ({self.reason})", style="dim", soft_wrap=True)


def choose_port(argument: str | None, option: str | None) -> ChosenPort:
    """Return the port that the user names, or else the one in the current folder, or else gMVP.

    Raises ParityError if the argument and --port name two ports, or if the folder holds several.
    """
    if argument and option and argument != option:
        raise ParityError(f"two ports given, {argument} and --port {option}; give only one")
    if named := argument or option:
        return ChosenPort(named)
    if Path("port.py").is_file():
        return ChosenPort("port.py", "found in this folder")
    found = sorted(p.name for p in Path().glob("*_port.py") if not p.name.startswith("test_"))
    if len(found) > 1:
        raise ParityError(
            f"this folder contains several ports, {', '.join(found)}; name one of them"
        )
    if found:
        return ChosenPort(found[0], "the only *_port.py in this folder")
    return ChosenPort("gmvp", "no port named, and no port.py or *_port.py in this folder")
