"""`gmvp train`: train a model on variants, from the original's configuration."""

import os
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.commands.failing import fail, failing_clearly
from converters.commands.reading_tables import (
    TABLE_OPTIONS,
    Conflicts,
    ConflictsOption,
    GenesOption,
    LabelOption,
    MapOption,
    TranscriptOption,
)
from converters.commands.unheeded import refuse
from pt_gmvp.commands.installed import check_installed
from pt_gmvp.commands.options import Precision, PrecisionOption, note_unread
from pt_gmvp.runs.process import importing, prepare

if TYPE_CHECKING:
    from pt_gmvp.training.running import Finished
    from pt_gmvp.training.split import Source


class Form(StrEnum):
    """Form of the model's mathematics."""

    PLAIN = "plain"
    FAST = "fast"


class Problem(StrEnum):
    """Treatment of a table's variants that cannot be used."""

    REFUSE = "refuse"
    SKIP = "skip"


class Target(StrEnum):
    """Format of the final weights, besides the run's own."""

    KERAS_H5 = "keras-h5"


Config = Annotated[
    Path,
    typer.Option(
        metavar="JSON",
        help="Configuration: section model, and training or what the original's files have.",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        help="Folder of ten TFRecord files, or a store, table or records to split. "
        "Default: as the original's configuration has it in its section input.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder of the run, new or empty. Default: res/<date-time>.", show_default=False
    ),
]
Features = Annotated[Path | None, typer.Option(help="Folder of feature matrices, for a table.")]
OnProblem = Annotated[
    Problem,
    typer.Option(
        "--on-problem",
        help="A table's variants that cannot be used: refuse the table, or skip and list them.",
    ),
]
Validation = Annotated[
    Path | None,
    typer.Option(metavar="LIST", help="File of the validation variants' names, instead of --cv."),
]
Replicate = Annotated[
    int, typer.Option("--replicate", "--random", min=0, help="Digit in the ten files' names.")
]
Cv = Annotated[int, typer.Option(help="Number of the validation file, 0 to 9.")]
Init = Annotated[
    Path | None,
    typer.Option(
        "--init",
        "--init_model",
        metavar="MODEL",
        help="Start from these weights (transfer learning): smaller batches, a longer warm-up, "
        "early stopping by AUROC.",
    ),
]
MaxEpochs = Annotated[int | None, typer.Option(min=1, help="Maximum number of epochs.")]
Seed = Annotated[
    int, typer.Option(min=0, max=2**63 - 1, help="Seed of weights, order and dropout.")
]
To = Annotated[
    Target | None, typer.Option("--to", help="Also write the final weights as model.h5.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Continue the run in --out, if there is one.")
]
CheckpointEvery = Annotated[
    str,
    typer.Option(
        metavar="N|TIME",
        help="Interval: steps, or 90s, 10m, 2h. Each epoch ends with a checkpoint too.",
    ),
]
Accumulate = Annotated[
    int, typer.Option(min=1, help="Number of pieces to split each batch into, to save memory.")
]
Compile = Annotated[bool, typer.Option("--compile", help="Compile the model with torch.compile.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]
FormOption = Annotated[
    Form | None,
    typer.Option(
        "--form", help="Form of the model. Default: fast, or plain with --compile or bf16."
    ),
]
Workers = Annotated[int, typer.Option(min=0, help="Processes that read batches ahead.")]
Timeout = Annotated[
    float, typer.Option(min=1, help="Seconds after which an unresponsive process counts as lost.")
]


def train(
    context: typer.Context,
    config: Config,
    data: Data = None,
    out: Out = None,
    features: Features = None,
    validation: Validation = None,
    replicate: Replicate = 0,
    cv: Cv = 0,
    init: Init = None,
    max_epochs: MaxEpochs = None,
    seed: Seed = 0,
    to: To = None,
    resume: Resume = False,
    checkpoint_every: CheckpointEvery = "200",
    accumulate: Accumulate = 1,
    precision: PrecisionOption = Precision.FLOAT32,
    compiled: Compile = False,
    device: Device = "auto",
    form: FormOption = None,
    workers: Workers = 0,
    timeout: Timeout = 600.0,
    mapped: MapOption = None,
    genes: GenesOption = None,
    transcript: TranscriptOption = None,
    label: LabelOption = None,
    conflicts: ConflictsOption = Conflicts.ERROR,
    on_problem: OnProblem = Problem.REFUSE,
) -> None:
    """Train a model until validation stops improving; for several processes use torchrun."""
    with failing_clearly():
        check_installed(
            "training", "torch", "filelock", "sklearn", "scipy", "matplotlib", "tensorboardX"
        )
        # Checked before PyTorch loads.
        from pt_gmvp.config import load_config, load_training_config

        load_config(config)
        load_training_config(config)
        _refuse_unheeded(context, data, validation)
        place = out or _dated(resume)
        prepare()
        with importing():
            from converters.variants.reading import Options
            from pt_gmvp.runs.stopping import Stopped
            from pt_gmvp.training.building import Settings
            from pt_gmvp.training.checkpoint import parse_every
            from pt_gmvp.training.released_input import keys_of
            from pt_gmvp.training.running import Request, run
            from pt_gmvp.training.split import Source

        if data is None:
            source = _released(context, config, init, replicate, cv)
        else:
            reading = Options(mapped, genes, transcript, label, conflicts.value, True)
            source = Source(
                data,
                features,
                replicate,
                cv,
                validation,
                reading=reading,
                on_problem=on_problem.value,
            )
            note_unread(config, keys_of(config))
        form = _form(form, precision, compiled)
        request = Request(
            config,
            source,
            place,
            Settings(seed, accumulate, precision.value, compiled, form.value),
            start=init,
            max_epochs=max_epochs,
            resume=resume,
            every=parse_every(checkpoint_every),
            device=device,
            timeout=timeout,
            workers=workers,
            keras=to is Target.KERAS_H5,
        )
        try:
            finished = run(request)
        except Stopped as stopped:
            print(stopped, file=sys.stderr)
            raise typer.Exit(stopped.code) from None
        if finished is not None:
            _print_summary(finished)


def _refuse_unheeded(context: typer.Context, data: Path | None, validation: Path | None) -> None:
    """Refuse options that would have no effect next to others."""
    if validation is not None:
        refuse(context, ("cv", "replicate"), "with --validation, which says what validates")
    if data is None:
        refuse(context, ("features", "validation", "on_problem", *TABLE_OPTIONS), "without --data")


def _dated(resume: bool) -> Path:
    """Return res/<date-time>, where the original writes a run."""
    if resume:
        fail("--resume: requires --out, the folder of the run to continue")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        fail("several processes need one folder; give --out")
    return Path("res") / time.strftime("%Y-%m-%d-%H-%M-%S")


def _released(
    context: typer.Context, config: Path, init: Path | None, replicate: int, cv: int
) -> "Source":
    """Return the data that the original's configuration names; note what has no effect in it."""
    from pt_gmvp.training.released_input import find_data, is_transfer

    transfer = is_transfer(config, started=init is not None)
    if transfer:
        refuse(context, ("cv", "replicate"), f"on the files that {config} names for transfer")
        if init is None:
            fail(
                f"{config}: its input.validate is that of transfer learning, which starts from a "
                "trained model; give --init MODEL"
            )
    found = find_data(config, replicate, cv, transfer)
    note_unread(config, found.unused)
    return found.source


def _form(given: Form | None, precision: Precision, compiled: bool) -> Form:
    """Return the given form, else the fast one wherever it is available."""
    if given is Form.FAST and precision is Precision.BF16:
        fail(
            "--form fast does not support bf16, as it computes gradients itself; give --form plain"
        )
    return given or (Form.PLAIN if compiled or precision is Precision.BF16 else Form.FAST)


def _print_summary(finished: "Finished") -> None:
    from converters.tables import new_table, print_table

    folder, best, last = finished.folder, finished.best, finished.last
    table = new_table("run", "")
    table.add_row("epochs", f"{last['epoch']:,}")
    table.add_row("steps", f"{last['step']:,}")
    table.add_row("best epoch", f"{best['epoch']:,}")
    names = {
        "training_loss": "  training loss",
        "loss": "  validation loss",
        "auroc": "  AUROC",
        "aupr": "  AUPR",
        "mann_whitney_p": "  Mann-Whitney p",
        "spearman": "  Spearman",
    }
    for name, text in names.items():
        table.add_row(text, "undefined" if best[name] is None else f"{best[name]:.6g}")
    table.add_row("best weights", str(folder.model))
    if folder.keras.exists():
        table.add_row("for Keras", str(folder.keras))
    table.add_row("curves", str(folder.curves))
    print_table(table, sys.stdout)
