"""`gmvp diagnose`: find out whether a run's problem is in the port or in the model."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from converters.atomic import STDOUT, write_text
from converters.commands.failing import failing_clearly
from converters.commands.unheeded import refuse
from converters.destination import check_outputs
from converters.errors import InputError
from pt_gmvp.commands.installed import check_installed
from pt_gmvp.runs.process import prepare

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run of gmvp train.", show_default=False)
]
Data = Annotated[Path | None, typer.Option(help="The run's data, if they have moved.")]
Features = Annotated[Path | None, typer.Option(help="The run's matrices, if they have moved.")]
Validation = Annotated[
    Path | None, typer.Option(metavar="LIST", help="The run's list, if it has moved.")
]
Sample = Annotated[
    int,
    typer.Option(
        min=2, help="Maximum number of training variants to score for the gap to validation."
    ),
]
Shuffles = Annotated[
    int, typer.Option(min=0, help="Pairs of trainings of the label-shuffle control; 0: none.")
]
ShuffleSteps = Annotated[int, typer.Option(min=1, help="Steps of each of these trainings.")]
Lockstep = Annotated[
    int, typer.Option(min=0, help="Steps to train in lockstep with the original; 0: none.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of samples, draws and trainings.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds allowed for the lockstep.")]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write all numbers; - for stdout.")
]
Markdown = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write a Markdown page; - for stdout.")
]
Plot = Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the evidence.")]


def diagnose(
    context: typer.Context,
    run: Run,
    data: Data = None,
    features: Features = None,
    validation: Validation = None,
    sample: Sample = 2000,
    shuffles: Shuffles = 4,
    shuffle_steps: ShuffleSteps = 40,
    lockstep: Lockstep = 20,
    seed: Seed = 0,
    timeout: Timeout = 600.0,
    json: Json = None,
    markdown: Markdown = None,
    plot: Plot = None,
) -> None:
    """Tell whether the port, the model, the training or the data is at fault, with evidence.

    Exits with 0 if no fault was found, 1 if one was, 2 if the run cannot be diagnosed.
    """
    with failing_clearly():
        drawn = ["matplotlib"] if plot else []
        check_installed("gmvp diagnose", "torch", "sklearn", "scipy", *drawn)
        if json == markdown == STDOUT:
            raise InputError("--json and --markdown cannot both be -; name a file for one of them")
        check_outputs([*map(_file, (json, markdown)), plot])
        if not shuffles:
            refuse(context, ["shuffle_steps"], "with --shuffles 0")
        if not lockstep:
            refuse(context, ["timeout"], "with --lockstep 0")
        if shuffles == 1:
            raise InputError("--shuffles 1: one pair has no spread; expected 0, or 2 or more")
        prepare()
        from pt_gmvp.analysis.diagnosis import report
        from pt_gmvp.analysis.diagnosis.questions import Request, diagnose

        given = data, features, validation, sample, shuffles, shuffle_steps, lockstep, seed, timeout
        request = Request(run, *given)
        found, verdict = diagnose(request, lambda text: print(f"  {text}", file=sys.stderr))
        if plot is not None:
            from pt_gmvp.analysis.diagnosis.picture import draw

            draw(plot, found, verdict)
        if json is not None:
            write_text(json, report.as_json(found, verdict))
        if markdown is not None:
            write_text(markdown, report.as_markdown(found, verdict, plot))
        if STDOUT not in (json, markdown):
            report.print_verdict(verdict, sys.stdout)
    raise typer.Exit(verdict.code)


def _file(target: str | None) -> Path | None:
    return None if target in (None, STDOUT) else Path(target)
