"""`parity convert`: weights of one side in a file of the other's, and their check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from parity.commands.options import PortOption, console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from parity.arrays import Arrays
    from parity.checking.given_weights import GivenWeights
    from parity.commands.options import ChosenPort
    from parity.convert.output import Output
    from parity.declaring.port import Port
    from parity.report.checked import Checked
    from parity.weight_files.matching import UnfitError


def convert(
    weights: Annotated[
        str,
        typer.Option(
            "--weights",
            metavar="FILE|pretrained",
            help="Weights of the reference (.h5, .weights.h5, .keras, a checkpoint, .npz, "
            ".safetensors, or 'pretrained'); towards TensorFlow, a state dict of the candidate "
            "(.safetensors, its index, .pt).",
        ),
    ],
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write; its ending says the format: .safetensors or .pt for PyTorch, "
            ".h5, .weights.h5, .keras or .npz for TensorFlow.",
        ),
    ],
    port_argument: Annotated[
        str | None,
        typer.Argument(metavar="PORT", help="The port whose weight map is used, as for check."),
    ] = None,
    to: Annotated[
        Literal["torch", "tensorflow"] | None,
        typer.Option(help="Whose weights the output holds. Default: by its ending."),
    ] = None,
    check: Annotated[
        bool, typer.Option(help="Then check the port on the converted weights.")
    ] = True,
    grad: Annotated[
        bool, typer.Option("--grad", help="Compare gradients in this check, too.")
    ] = False,
    shard_bytes: Annotated[
        int | None,
        typer.Option(
            "--shard-bytes",
            min=1,
            metavar="BYTES",
            help="Most bytes in one .safetensors file; more are written in shards with an index. "
            "Default: 5 GB.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the output if it exists.")
    ] = False,
    port: PortOption = None,
) -> None:
    """Convert weights along a port's map, each tensor exactly once and bit for bit.

    Nothing in a file is executed. Exits with 0 if the file was written and the check passes, 1 if
    it was written and the check does not pass, 2 if nothing was written.
    """
    from parity.checking.given_weights import GivenWeights
    from parity.commands.options import choose_port
    from parity.convert.output import Output
    from parity.declaring.registry import find
    from parity.weight_files.matching import UnfitError
    from parity.weight_files.named_arrays import SHARD_BYTES

    target = Output.of(output, to)
    target.refuse_unwritable(force)
    chosen = choose_port(port_argument, port)
    shown = console()
    chosen.print_reason(shown)
    found = find(chosen.name)
    try:
        canonical = _converted(shown, found, weights, target, shard_bytes or SHARD_BYTES)
    except UnfitError as error:
        _print_misfits(console(stderr=True), error)
        raise
    if not check:
        return
    given = GivenWeights(weights, canonical)
    checked = _checked(shown, found, chosen, given, grad)
    if checked.exit_code:
        shown.print(f"\n{output} was written, but its check does not pass", style="bold red")
    raise typer.Exit(min(checked.exit_code, 1))


def _converted(
    shown: "Console", port: "Port", weights: str, target: "Output", shard_bytes: int
) -> "Arrays":
    """Convert and write; return the weights of the reference by canonical name."""
    from parity.convert import conversion
    from parity.report.progress import waiting

    with waiting(shown, "reading the weights"):
        if target.side == "torch":
            canonical = conversion.read_reference(port, weights)
            state = conversion.to_candidate(port, canonical, weights)
        else:
            state = conversion.read_candidate(Path(weights))
            canonical = conversion.to_reference(port, state, weights)
    with waiting(shown, "writing"):
        if target.side == "torch":
            files = target.write_state(state, shard_bytes)
        else:
            files = target.write_reference(port, canonical)
    size = sum(path.stat().st_size for path in files)
    shown_size = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"
    named = f"{files[-1]} and {len(files) - 1} shards" if len(files) > 1 else str(files[0])
    shown.print(
        f"{len(canonical)} weights of the reference, each used once: wrote {named} "
        f"({shown_size}, read back with the same bits)",
        soft_wrap=True,
    )
    return canonical


def _checked(
    shown: "Console", port: "Port", chosen: "ChosenPort", given: "GivenWeights", grad: bool
) -> "Checked":
    """Check the port on the weights just converted."""
    from parity.checking.checker import Checker
    from parity.checking.selection import Selection
    from parity.commands.checking import run
    from parity.commands.preparing import load
    from parity.commands.searching import Search

    selection = Selection(gradients=grad)
    inputs = load(port, None, selection.seed, 10)
    shown.print()
    checker = Checker(port, inputs, selection, weights=given)
    named = "" if chosen.reason else chosen.name
    return run(shown, checker, Search(chosen.name), named, None)


def _print_misfits(shown: "Console", error: "UnfitError") -> None:
    """Print the table of what does not fit."""
    rows = [
        (row.problem, row.name, _shape(row.in_file), _shape(row.expected)) for row in error.rows
    ]
    rows.insert(0, ("", "tensor", "in the file", "expected"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for line in _lines(rows, widths):
        shown.print(line, soft_wrap=True)


def _lines(rows: "list[tuple[str, str, str, str]]", widths: list[int]) -> "Iterator[str]":
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _shape(dims: "tuple[int, ...] | None") -> str:
    if dims is None:
        return "-"
    return "×".join(map(str, dims)) if dims else "scalar"
