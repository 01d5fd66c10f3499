"""`parity init`: a first declaration from the two models."""

from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.interpreters import CandidatePythonOption, ReferencePythonOption, run_in
from parity.commands.options import (
    SeedOption,
    console,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from parity.declaring.model_inputs import Input
    from parity.init.open_models import OpenModels
    from parity.init.proposal import Proposal

# Those that the check of what was written uses.
_RECORDS = 4


def init(
    context: typer.Context,
    reference: Annotated[
        str,
        typer.Argument(
            help="The model in TensorFlow, as FILE.py:attribute or module:attribute: a Keras model "
            "or layer, a tf.Module, or a function without arguments that builds one. Or a .keras "
            "or .h5 file of a whole model, a frozen graph (.pb), or the folder of a SavedModel.",
        ),
    ],
    candidate: Annotated[
        str,
        typer.Argument(
            help="The module in PyTorch, in the same form: a class, or a function that builds one."
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The declaration to write.")
    ] = "my_port.py",
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="[NAME=]SHAPE[:DTYPE][:MEANING][:BELOW]",
            help="An input of both models, batch first: 4x16; words=4x6:int64:30 for integers "
            "below 30; mask=4x6:mask (or ids, boxes, one-hot, range); x=4x8:0..1; or "
            "x=@records.npy. Repeat for each input, in order. Default: as the reference declares.",
        ),
    ] = None,
    layout: Annotated[
        list[str] | None,
        typer.Option(
            "--layout",
            metavar="[NAME=]ORDER",
            help="The order of the candidate's axes of an input or an output, or of all images: "
            "channels-first, time-first or same. Default: found by calling it, and by values "
            "where sizes fit several.",
        ),
    ] = None,
    time: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="End the search for a map after this time; what was not tried is listed. Default: "
            "no limit of time, but of runs.",
        ),
    ] = None,
    trust: Annotated[
        bool,
        typer.Option(
            "--trust",
            help="Execute Python code that a model file holds, such as that of a Lambda layer.",
        ),
    ] = False,
    reference_python: ReferencePythonOption = None,
    candidate_python: CandidatePythonOption = None,
    seed: SeedOption = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
) -> None:
    """Propose pairs and a weight map from two models, by structure, shapes and probing values.

    Uncertain entries are marked UNSURE in the file and in the output. Exits with 0 if nothing is
    unsure and the port passes its check, 1 if something is unsure or the models compute different
    things, 2 if nothing could be written.
    """
    from pathlib import Path

    from parity import files
    from parity.declaring.model_inputs import fewer_if_large
    from parity.errors import ParityError
    from parity.init.open_models import open_models
    from parity.init.proposal import propose
    from parity.init.report import print_exempt, print_inputs, print_proposal
    from parity.init.search import Budget
    from parity.report.progress import waiting

    path = Path(output)
    if path.suffix != ".py" or not path.stem.isidentifier():
        raise ParityError(f"cannot write {path}: expected a name like my_port.py")
    if path.exists() and not force:
        raise ParityError(f"{path} already exists; name another file, or give --force")
    files.refuse_unwritable(output)
    run_in(context, reference_python, candidate_python)
    shown = console()
    with waiting(shown, "importing the frameworks and building both models") as show:
        opened = open_models(
            reference, candidate, tuple(given or ()), path, seed, tuple(layout or ()), trust
        )
        show("trying the reference's weights in the candidate")
        proposal = propose(opened.probe, Budget(seconds=time or float("inf")), show)
    files.write(output, _text(opened, opened.inputs, proposal))
    print_inputs(shown, opened.inputs, opened.note, opened.doubtful)
    print_proposal(shown, proposal, output)
    passes = _check(shown, output, seed, fewer_if_large(opened.inputs, _RECORDS))
    inputs = _exempt_masks(shown, output, opened.inputs, seed) if passes else opened.inputs
    if inputs != opened.inputs:
        files.write(output, _text(opened, inputs, proposal))
        print_exempt(shown, inputs)
    raise typer.Exit(0 if passes and not proposal.unsure and not opened.doubtful else 1)


def _text(opened: "OpenModels", inputs: "Mapping[str, Input]", proposal: "Proposal") -> str:
    from parity.init.declaration import declaration

    return declaration(opened.names, inputs, proposal, opened.outputs, opened.batch, opened.note)


def _exempt_masks(
    shown: "Console", output: str, inputs: "Mapping[str, Input]", seed: int
) -> "Mapping[str, Input]":
    """Return the inputs, those exempt from gradients that are masks to both models."""
    from parity.checking.selection import Selection
    from parity.commands.preparing import prepare
    from parity.declaring.model_inputs import fewer_if_large
    from parity.init.masks import exempt_masks
    from parity.report.progress import waiting

    with waiting(shown, "looking for masks"):
        count = fewer_if_large(inputs, _RECORDS)
        checker = prepare(output, Selection(gradients=True, seed=seed), None, count)
        return exempt_masks(checker, inputs)


def _check(shown: "Console", output: str, seed: int, records: int) -> bool:
    """Check the port just written, print a line of verdicts, and return whether it passes."""
    from parity.checking.selection import Selection
    from parity.commands.preparing import prepare
    from parity.declaring.shared_models import SharedModels, sharing
    from parity.init.report import print_check
    from parity.report.progress import waiting

    with waiting(shown, "checking what was written"):
        checker = prepare(output, Selection(seed=seed), None, records)
        with sharing(SharedModels()):
            results = [
                checker.run(pair, configuration, mode)
                for pair, configuration, modes in checker.cases()
                for mode in modes
            ]
    print_check(shown, results, output)
    return all(result.verdict.passes for result in results)
