"""`gmvp diagnose`: is it the port or the model?"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from converters.commands.failing import failing_clearly
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
    int, typer.Option(min=2, help="Variants trained on that are scored for the gap, at most.")
]
Shuffles = Annotated[
    int, typer.Option(min=0, help="Pairs of trainings of the label-shuffle control; 0: none.")
]
ShuffleSteps = Annotated[int, typer.Option(min=1, help="Steps of each of these trainings.")]
Lockstep = Annotated[int, typer.Option(min=0, help="Steps beside the original; 0: none.")]
Seed = Annotated[int, typer.Option(min=0, help="Of samples, draws and trainings.")]
Timeout = Annotated[float, typer.Option(min=1, help="Seconds that the lockstep may take.")]
Json = Annotated[
    str | None, typer.Option("--json", metavar="FILE", help="Write all numbers; - is stdout.")
]
Markdown = Annotated[
    str | None, typer.Option(metavar="FILE", help="Write the verdict as a page; - is stdout.")
]
Plot = Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw the evidence.")]


def diagnose(
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
    """Say whether it is the port or the model, the training or the data, with the evidence.

    Exits with 0 if nothing wrong was found, 1 if something was, 2 if the run cannot be diagnosed.
    """
    with failing_clearly():
        _check_installed(plot is not None)
        from pt_gmvp.analysis.diagnosis.written import refuse_unwritable, write

        refuse_unwritable({"--json": json, "--markdown": markdown, "--plot": plot})
        if shuffles == 1:
            from pt_gmvp.analysis.diagnosis.finished import DiagnosisError

            raise DiagnosisError("--shuffles 1: one pair has no spread; expected 0, or 2 or more")
        prepare()
        from pt_gmvp.analysis.diagnosis import report
        from pt_gmvp.analysis.diagnosis.asking import Request, diagnose

        request = Request(
            run,
            data,
            features,
            validation,
            sample,
            shuffles,
            shuffle_steps,
            lockstep,
            seed,
            timeout,
        )
        found, verdict = diagnose(request, lambda text: print(f"  {text}", file=sys.stderr))
        if plot is not None:
            from pt_gmvp.analysis.diagnosis.picture import draw

            draw(plot, found, verdict)
        if json is not None:
            write(json, report.as_json(found, verdict))
        if markdown is not None:
            write(markdown, report.as_markdown(found, verdict, plot))
        if "-" not in (json, markdown):
            report.print_verdict(verdict, sys.stdout)
    raise typer.Exit(verdict.code)


def _check_installed(drawn: bool) -> None:
    """Refuse to begin without what would be missed later."""
    from importlib.util import find_spec

    from converters.errors import InputError

    for module in ("torch", "sklearn", "scipy", *(["matplotlib"] if drawn else [])):
        if find_spec(module) is None:
            raise InputError(
                f"{module} is not installed, and the diagnosis needs it; install it with: "
                "pip install 'gmvp-parity[torch,train]'"
            )
