"""`gmvp train`: from configuration and data to the folder of a finished run."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from converters.errors import InputError
from pt_gmvp.config import ModelConfig, TrainingConfig, load_config, load_training_config
from pt_gmvp.model import GMVP
from pt_gmvp.pretrained import digest
from pt_gmvp.runs.devices import in_precision
from pt_gmvp.runs.distributed import World, process_group
from pt_gmvp.runs.environment import add_session, describe_session
from pt_gmvp.runs.folder import locked
from pt_gmvp.runs.journal import read_lines
from pt_gmvp.runs.progress import Reporter, report_training
from pt_gmvp.runs.stopping import Stopped, StopRequest, catching_signals
from pt_gmvp.training.building import Settings, draw, make_repeatable, read_start
from pt_gmvp.training.checkpoint import Checkpoints, Every
from pt_gmvp.training.folder import RunFolder, check_same
from pt_gmvp.training.learner import Learner
from pt_gmvp.training.split import Source, Split, open_split
from pt_gmvp.training.trainer import Trainer

EVERY = Every(steps=200)


@dataclass(frozen=True)
class Request:
    """Model to train, its data, and where to write the run.

    Attributes:
        config: the JSON file with a "model" and, if need be, a "training" section.
        source: the data.
        out: the run's folder.
        settings: seed and the like; its `device` and `start` are filled in.
        start: weights to start from (transfer learning), None to draw them.
        max_epochs: in place of the configuration's.
        resume: continue the run in the folder, if there is one.
        every: interval of checkpoints; each epoch ends with one.
        device: "auto", "cpu", "cuda".
        timeout: seconds after which a process that does not answer counts as lost.
        workers: processes that read batches ahead.
        keras: write the final weights for the original program too.
    """

    config: Path
    source: Source
    out: Path
    settings: Settings = field(default_factory=Settings)
    start: Path | None = None
    max_epochs: int | None = None
    resume: bool = False
    every: Every = EVERY
    device: str = "auto"
    timeout: float = 600.0
    workers: int = 0
    keras: bool = False


@dataclass(frozen=True)
class Finished:
    """A finished run; `best` and `last` are lines of metrics.jsonl."""

    folder: RunFolder
    best: dict[str, Any]
    last: dict[str, Any]


def run(request: Request) -> Finished | None:
    """Train as requested; return None on all processes but the first.

    Raises:
        Stopped: the run was asked to stop, and can be resumed; the other processes raise
            SystemExit, which prints nothing.
        InputError: invalid arguments or data, or a failed run; the message says which.
        ConfigError: the configuration is invalid.
        OSError: something cannot be read or written.
    """
    with catching_signals() as asked:
        stopped: Stopped | None = None
        finished: Finished | None = None
        with (
            process_group(request.device, request.timeout) as world,
            report_training(world.first) as reporter,
        ):
            try:
                finished = _run(request, world, asked, reporter)
            except Stopped as granted:
                # Not raised through `process_group`, so that the processes part in order.
                stopped = granted
        if stopped is None:
            return finished
        if not world.first:
            raise SystemExit(stopped.code)
        raise stopped


@dataclass(frozen=True)
class _Plan:
    """Everything that is decided before the first step; `account` is written to config.json."""

    model: GMVP
    config: TrainingConfig
    settings: Settings
    split: Split

    @property
    def account(self) -> dict[str, Any]:
        return {
            "model": self.model.config.to_dict(),
            "training": self.config.to_dict(),
            "run": self.settings.to_dict(),
            "data": self.split.account,
        }


def _plan(request: Request, recorded: dict[str, Any] | None, world: World) -> _Plan:
    """Prepare the run and check all arguments before anything is written."""
    model_config, config = _configurations(request)
    model = draw(model_config, request.settings.seed)
    settings = replace(request.settings, device=world.device.type)
    if request.start is not None:
        start = read_start(request.start, model_config)
        model.load_state_dict(start)
        settings = replace(settings, start=digest(start))
    model.form = settings.form
    in_precision(settings.precision, world.device)
    plan = _Plan(model, config, settings, open_split(request.source, (recorded or {}).get("data")))
    if recorded is not None:
        check_same(request.out, recorded, plan.account)
    return plan


def _run(request: Request, world: World, asked: StopRequest, reporter: Reporter) -> Finished | None:
    folder = RunFolder(request.out)
    if not world.first:
        # The first process checks the folder and writes the configuration beforehand.
        world.wait()
        plan = _plan(request, json.loads(folder.config.read_bytes()), world)
        _train(request, plan, folder, world, asked, reporter)
        return None
    recorded = folder.read_config(request.resume)
    plan = _plan(request, recorded, world)
    with locked(folder.path, "training"):
        if folder.read_config(request.resume) != recorded:
            raise InputError(f"{request.out}: another program has just started a run in it")
        folder.create(plan.account)
        world.wait()
        if request.resume and recorded is None:
            reporter.say(f"{request.out}: no run to resume; starting one")
        _train(request, plan, folder, world, asked, reporter)
        return _finish(request, folder)


def _train(
    request: Request,
    plan: _Plan,
    folder: RunFolder,
    world: World,
    asked: StopRequest,
    reporter: Reporter,
) -> None:
    make_repeatable(world.device)
    trainer = Trainer(
        Learner(plan.model, plan.config, plan.settings, world),
        plan.split,
        plan.config,
        folder,
        Checkpoints(folder.checkpoints, request.every),
        asked,
        reporter,
        request.workers,
    )
    if world.first:
        session = describe_session(world, request.source.data, trainer.step)
        add_session(folder.environment, session)
        _announce(reporter, plan.split, trainer)
    trainer.run()


def _configurations(request: Request) -> tuple[ModelConfig, TrainingConfig]:
    config = load_training_config(request.config, transfer=request.start is not None)
    if request.max_epochs is not None:
        config = replace(config, max_epochs=request.max_epochs)
    return load_config(request.config), config


def _announce(reporter: Reporter, split: Split, trainer: Trainer) -> None:
    listed = split.account.get("validation_files")
    by_name = split.account.get("validation", "the variants of the list")
    held_out = ", ".join(listed) if listed else by_name
    reporter.say(
        f"training on {len(split.training):,} variants, validating on "
        f"{len(split.validation):,}: {held_out}"
    )
    if trainer.step:
        reporter.say(f"continuing after step {trainer.step:,}, in epoch {trainer.epoch}")


def _finish(request: Request, folder: RunFolder) -> Finished:
    """Make the best epoch's weights the run's model."""
    epochs = [line for line in read_lines(folder.metrics) if line["kind"] == "epoch"]
    monitor = json.loads(folder.config.read_bytes())["training"]["monitor"]
    best = _best(epochs, monitor)
    GMVP.from_pretrained(folder.weights(best["epoch"])).save_pretrained(folder.model)
    if request.keras:
        from converters.weights.conversion import read_weights
        from converters.weights.keras_h5 import write_keras_h5

        made = read_weights(folder.model)
        write_keras_h5(folder.keras, made.canonical, made.config)
    return Finished(folder, best, epochs[-1])


def _best(epochs: list[dict[str, Any]], monitor: str) -> dict[str, Any]:
    """Return the first epoch with the best value; the last one if no epoch has a value."""
    valued = [epoch for epoch in epochs if epoch[monitor] is not None]
    if not valued:
        return epochs[-1]
    choose = max if monitor == "auroc" else min
    best: dict[str, Any] = choose(valued, key=lambda epoch: epoch[monitor])
    return best
