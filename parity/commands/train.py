"""`parity train`: do both sides train alike?"""

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.options import (
    ConfigOption,
    InputsOption,
    JsonOption,
    PortArgument,
    PortOption,
    RecordsOption,
    SeedOption,
    choose_port,
    console,
)

if TYPE_CHECKING:
    from rich.console import Console

    from parity.declaring.inputs import InputSet
    from parity.declaring.port import Port
    from parity.declaring.training import Course, Training
    from parity.train.lockstep import Lesson


def train(
    port_argument: PortArgument = None,
    config: ConfigOption = None,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Steps of training.")] = 50,
    batch_size: Annotated[
        int, typer.Option("--batch-size", min=1, help="Records a step is made on.")
    ] = 4,
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    validation: Annotated[
        str,
        typer.Option(
            "--validation",
            metavar="SHARE|PATH",
            help="Hold out this share of the records (0: none), or take these others.",
        ),
    ] = "0.2",
    seed: SeedOption = 1,
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="FILE.png", help="Draw it into this file.")
    ] = None,
    json: JsonOption = None,
    port: PortOption = None,
) -> None:
    """Train both sides in lockstep: the same weights, batches and dropout masks.

    Says whether the port trains as the original does, where it does not, and whether the model
    overfits in both. Exits with 0 if it does, 1 on a mismatch, 2 if it could not be compared.
    """
    from parity import files
    from parity.declaring.registry import find
    from parity.report import json as json_report
    from parity.train import plot as training_plot
    from parity.train import report

    files.refuse_unwritable_of({"json": json, "plot": plot})
    if plot is not None:
        training_plot.require()
    named = choose_port(port_argument, port)
    found = find(named.name)
    trainings = chosen(found, tuple(config or ()))
    course = planned(found, inputs, records, validation, steps, batch_size, seed)
    shown = console(stderr="-" in (json, plot))
    named.print_reason(shown)
    lessons = [follow(shown, training, course) for training in trainings]
    sides = (trainings[0].reference.framework, trainings[0].candidate.framework)
    for lesson in lessons:
        report.print_lesson(shown, lesson, sides)
    shown.print(f"input: {course.records.title}", soft_wrap=True)
    if json is not None:
        document = report.document(found.name, versions(trainings), lessons)
        files.write(json, json_report.text(document))
    if plot is not None:
        files.save(plot, training_plot.render(lessons, sides))
    raise typer.Exit(report.exit_code(lessons))


def chosen(port: "Port", patterns: tuple[str, ...]) -> "list[Training]":
    """The trainings named, wildcards allowed; ParityError with the near names for an unknown one"""
    from fnmatch import fnmatchcase

    from parity.errors import ParityError, unknown

    if not port.trainings:
        raise ParityError(
            f"port {port.name} declares no training; give it trainings=(parity.Training(...),), as "
            "docs/train.md says"
        )
    names = [training.name for training in port.trainings]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise unknown("training", pattern, names)
    return [
        training
        for training in port.trainings
        if not patterns or any(fnmatchcase(training.name, pattern) for pattern in patterns)
    ]


def planned(
    port: "Port",
    source: str | None,
    records: int,
    validation: str,
    steps: int,
    batch_size: int,
    seed: int,
) -> "Course":
    """What is trained on; ParityError for records that cannot be had or held out."""
    from parity.commands.preparing import load
    from parity.declaring.training import Course, split
    from parity.errors import ParityError

    given = load(port, source, seed, records)
    share = _share(validation)
    if share is None:
        held_out: InputSet | None = load(port, validation, seed, records)
    elif 0 <= share < 1:
        given, held_out = split(given, share, seed)
    else:
        raise ParityError(f"cannot hold out a share of {validation}; expected 0 to below 1")
    return Course(given, held_out, steps, batch_size, seed)


def _share(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def follow(shown: "Console", training: "Training", course: "Course") -> "Lesson":
    """One training, with its step shown on a terminal while it runs."""
    from parity.train.lockstep import Lockstep

    waiting = shown.status(f"{training.name}: building") if shown.is_terminal else nullcontext()
    with waiting as status:

        def progress(step: int) -> None:
            if status is not None:
                status.update(f"{training.name}: step {step} of {course.steps}")

        return Lockstep(training, course).run(progress)


def versions(trainings: "list[Training]") -> dict[str, str]:
    """The version of each framework that the trainings name."""
    from parity.declaring.frameworks import runner

    names = {side.framework for t in trainings for side in (t.reference, t.candidate)}
    return {name: runner(name).version() for name in sorted(names)}
