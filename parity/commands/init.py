"""`parity init`: a first declaration from the two models."""

from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.options import SeedOption, console

if TYPE_CHECKING:
    from rich.console import Console

    from parity.checking.checker import CaseResult


def init(
    reference: Annotated[
        str,
        typer.Argument(
            help="The model in TensorFlow, as FILE.py:attribute or module:attribute: a model or "
            "layer of Keras, a tf.Module, or a function without arguments that makes one.",
        ),
    ],
    candidate: Annotated[
        str, typer.Argument(help="The module in PyTorch, named alike: a class, or what makes one.")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The declaration to write.")
    ] = "my_port.py",
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="[NAME=]SHAPE[:DTYPE[:BELOW]]",
            help="An input of both, batch first: 4x16, or words=4x6:int64:30 for integers below "
            "30. Once for each input, in order. Default: what the reference declares.",
        ),
    ] = None,
    seed: SeedOption = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Propose pairs and a weight map from two models, by structure, shape and probing values.

    What is not sure is marked UNSURE in the file, and printed. Exits with 0 if all is sure and the
    port checks, 1 if something is unsure or the two compute different things, 2 if nothing could
    be written.
    """
    from pathlib import Path

    from parity import files
    from parity.errors import ParityError
    from parity.init import report as report
    from parity.init.opening import open_both
    from parity.init.proposal import propose
    from parity.init.writing import declaration

    path = Path(output)
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise ParityError(f"cannot write {path}: expected a name like my_port.py")
    if path.exists() and not force:
        raise ParityError(f"{path} exists, and is not overwritten; name another, or give --force")
    files.refuse_unwritable(output)
    shown = console()
    with report.waiting(shown, "importing the frameworks and making both models") as say:
        opened = open_both(reference, candidate, tuple(given or ()), path, seed)
        say("trying the weights of the one in the other")
        proposal = propose(opened.probe)
    files.write(output, declaration(opened.named, opened.inputs, proposal))
    report.print_proposal(shown, proposal, opened.inputs, output)
    failing = _check(shown, output, seed)
    raise typer.Exit(1 if proposal.unsure or failing else 0)


def _check(shown: "Console", output: str, seed: int) -> bool:
    """Whether the written port fails, said in a line, as `parity check` finds it."""
    from parity.checking.selection import Selection
    from parity.commands.preparing import prepare
    from parity.init import report as report

    with report.waiting(shown, "checking what was written"):
        checker = prepare(output, Selection(seed=seed), None, 4)
        results: list[CaseResult] = [
            checker.run(pair, configuration, mode)
            for pair, configuration, modes in checker.cases()
            for mode in modes
        ]
    report.print_check(shown, results, output)
    return not all(result.verdict.passes for result in results)
