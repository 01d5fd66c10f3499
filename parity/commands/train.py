"""`parity train`: train both sides in lockstep and compare every step."""

from collections.abc import Callable
from fnmatch import fnmatchcase
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
from parity.commands.searching import (
    ApplyOption,
    DiagnoseOption,
    DiagnoseTimeOption,
    ForceOption,
    refuse_options,
    write_copies,
)
from parity.diagnosing.budget import CHECK_SECONDS
from parity.errors import ParityError, unknown

if TYPE_CHECKING:
    from rich.console import Console

    from parity.declaring.port import Port
    from parity.declaring.training import Course, Training
    from parity.train.lockstep import TrainingComparison
    from parity.train.patching import TrainingPatch


def train(
    port_argument: PortArgument = None,
    config: ConfigOption = None,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="Steps of training.")] = 50,
    batch_size: Annotated[int, typer.Option("--batch-size", min=1, help="Records in a step.")] = 4,
    inputs: InputsOption = None,
    records: RecordsOption = 10,
    validation: Annotated[
        str,
        typer.Option(
            "--validation",
            metavar="SHARE|PATH",
            help="Share of the records to hold out (0: none), or other records to hold out.",
        ),
    ] = "0.2",
    seed: SeedOption = 1,
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="FILE.png", help="Write a plot to this file.")
    ] = None,
    json: JsonOption = None,
    port: PortOption = None,
    diagnose: DiagnoseOption = True,
    diagnose_time: DiagnoseTimeOption = CHECK_SECONDS,
    apply: ApplyOption = False,
    force: ForceOption = False,
) -> None:
    """Train both sides in lockstep, with the same weights, batches and dropout masks.

    Shows whether the candidate trains like the reference, where it starts to differ, and why, and
    whether the model overfits on both sides. Exits with 0 if both train alike, 1 on a mismatch, 2
    if they could not be compared.
    """
    from parity import files
    from parity.declaring.registry import find
    from parity.judging.verdict import exit_code
    from parity.report import json as json_report
    from parity.report.terminal import print_patch
    from parity.train import plot as training_plot
    from parity.train import report

    files.refuse_unwritable_of({"json": json, "plot": plot})
    refuse_options(diagnose, apply, force)
    if plot is not None:
        training_plot.require()
    named = choose_port(port_argument, port)
    found = find(named.name)
    selected = _select(found, tuple(config or ()))
    course = _plan(found, inputs, records, validation, steps, batch_size, seed)
    shown = console(stderr="-" in (json, plot))
    named.print_reason(shown)
    seconds = diagnose_time if diagnose else None
    trainings = [_train(shown, training, course, seconds) for training in selected]
    patches = [_patch(shown, training, lambda: find(named.name)) for training in trainings]
    sides = (selected[0].reference.framework, selected[0].candidate.framework)
    for training, patch in zip(trainings, patches, strict=True):
        report.print_training(shown, training, sides, patch)
    shown.print(f"input: {course.records.title}", soft_wrap=True)
    for patch in filter(None, patches):
        print_patch(shown, patch.what, patch.patch.diff)
    if json is not None:
        document = report.document(found.name, _versions(selected), trainings, patches)
        files.write(json, json_report.text(document))
    if plot is not None:
        files.save(plot, training_plot.render(trainings, sides))
    if apply:
        passes = all(training.verdict.passes for training in trainings)
        why = "all trainings pass" if passes else "no patch was found and confirmed"
        write_copies(shown, [patch.patch for patch in patches if patch], why, force)
    raise typer.Exit(exit_code(training.verdict for training in trainings))


def _select(port: "Port", patterns: tuple[str, ...]) -> "list[Training]":
    """Return the trainings that match a pattern, all without one.

    Raises ParityError if the port has no training, or, with near names, if a pattern matches none.
    """
    if not port.trainings:
        raise ParityError(
            f"port {port.name} declares no training; give it trainings=(parity.Training(...),), as "
            "described in docs/train.md"
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


def _plan(
    port: "Port",
    source: str | None,
    records: int,
    validation: str,
    steps: int,
    batch_size: int,
    seed: int,
) -> "Course":
    """Load the records and hold some out; raise ParityError if that cannot be done."""
    from parity.commands.preparing import load
    from parity.declaring.training import Course, split

    given = load(port, source, seed, records)
    try:
        share = float(validation)
    except ValueError:
        return Course(given, load(port, validation, seed, records), steps, batch_size, seed)
    if not 0 <= share < 1:
        raise ParityError(f"cannot hold out a share of {validation}; expected 0 to below 1")
    return Course(*split(given, share, seed), steps, batch_size, seed)


def _train(
    shown: "Console", training: "Training", course: "Course", seconds: float | None
) -> "TrainingComparison":
    """Run one training, with the step shown on a terminal meanwhile.

    With `seconds`, repairs of the candidate's calls are tried for as long where the sides diverge.
    """
    from parity.diagnosing.budget import Budget
    from parity.report.progress import waiting
    from parity.train.lockstep import Lockstep

    with waiting(shown, f"{training.name}: building") as show:

        def progress(step: int) -> None:
            show(f"{training.name}: step {step} of {course.steps}")

        def search() -> Budget:
            return Budget(seconds or 0, lambda text: show(f"{training.name}: {text}"))

        return Lockstep(training, course, search if seconds is not None else None).run(progress)


def _patch(
    shown: "Console", compared: "TrainingComparison", reload: "Callable[[], Port]"
) -> "TrainingPatch | None":
    """Return the confirmed patch of a divergence, if there is one."""
    from parity.report.progress import waiting
    from parity.train.patching import find_patch

    if compared.divergence is None:
        return None
    with waiting(shown, f"{compared.training}: training with the patch"):
        return find_patch(compared, reload)


def _versions(trainings: "list[Training]") -> dict[str, str]:
    """Return the version of each framework that the trainings use."""
    from parity.declaring.frameworks import runner

    names = {side.framework for t in trainings for side in (t.reference, t.candidate)}
    return {name: runner(name).version() for name in sorted(names)}
