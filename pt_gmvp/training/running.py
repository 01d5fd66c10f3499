"""What `gmvp train` does, from configuration and data to the folder of a finished run."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pt_gmvp.config import ModelConfig, TrainingConfig, load_config, load_training_config
from pt_gmvp.model import GMVP
from pt_gmvp.runs.distributed import World, together
from pt_gmvp.runs.environment import add_session, describe
from pt_gmvp.runs.folder import RunError, RunFolder, check_same, read_lines
from pt_gmvp.runs.progress import Silent, reporting
from pt_gmvp.runs.stopping import Stopped, Wish, on_request
from pt_gmvp.training.building import (
    be_repeatable,
    digest,
    draw,
    in_precision,
    read_start,
)
from pt_gmvp.training.checkpoint import Checkpoints, Every
from pt_gmvp.training.learner import Learner
from pt_gmvp.training.settings import Settings
from pt_gmvp.training.split import Source, Split, open_split
from pt_gmvp.training.trainer import Trainer

EVERY = Every(steps=200)


@dataclass(frozen=True)
class Request:
    """What is to be trained, on what, and where to.

    Attributes:
        config: the JSON file with a "model" and, if need be, a "training" section.
        source: the data.
        out: the run's folder.
        settings: seed and the like; `device` and `start` in it are filled in.
        start: weights to go on from (transfer learning), or None to draw them.
        max_epochs: in place of the configuration's.
        resume: go on with the run in the folder, if there is one.
        every: how often to write a checkpoint; each epoch has one at its end.
        device: "auto", "cpu", "cuda".
        timeout: seconds after which a process that does not answer counts as gone.
        workers: processes that read batches in advance.
        keras: write the final weights for the original's program too.
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
    """A run that came to its end; `best` and `last` are lines of metrics.jsonl."""

    folder: RunFolder
    best: dict[str, Any]
    last: dict[str, Any]


def run(request: Request) -> Finished | None:
    """Train as asked; None on the processes beside the first one.

    Raises:
        Stopped: the run was asked to stop, and can be gone on with; beside the first process it
            is SystemExit, which says nothing.
        InputError: something is refused, or went wrong as the message says.
        ConfigError: the configuration is.
        OSError: something cannot be read or written.
    """
    with on_request() as wish:
        stopped: Stopped | None = None
        finished: Finished | None = None
        with together(request.device, request.timeout) as world, reporting(world.first) as report:
            try:
                finished = _held(request, world, wish, report)
            except Stopped as request_granted:
                # Not past `together`, so that the processes leave one another in order.
                stopped = request_granted
        if stopped is None:
            return finished
        if not world.first:
            raise SystemExit(stopped.code)
        raise stopped


@dataclass(frozen=True)
class _Plan:
    """All that is settled before the first step; `account` is what config.json holds of it."""

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
    """Settle it all, and refuse what cannot be, before anything is written."""
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


def _held(request: Request, world: World, wish: Wish, report: Silent) -> Finished | None:
    folder = RunFolder(request.out)
    if not world.first:
        # Not before the first process has looked into the folder, and written what it settled.
        world.wait()
        plan = _plan(request, json.loads(folder.config.read_bytes()), world)
        _train(request, plan, folder, world, wish, report)
        return None
    recorded = folder.recorded(request.resume)
    plan = _plan(request, recorded, world)
    with folder.held():
        if folder.recorded(request.resume) != recorded:
            raise RunError(f"{request.out}: another program has begun a run in it just now")
        folder.begin(plan.account)
        world.wait()
        if request.resume and recorded is None:
            report.say(f"{request.out}: no run to resume; one is begun")
        _train(request, plan, folder, world, wish, report)
        return _finish(request, folder)


def _train(
    request: Request, plan: _Plan, folder: RunFolder, world: World, wish: Wish, report: Silent
) -> None:
    be_repeatable(world.device)
    trainer = Trainer(
        Learner(plan.model, plan.config, plan.settings, world),
        plan.split,
        plan.config,
        folder,
        Checkpoints(folder.checkpoints, request.every),
        wish,
        report,
        request.workers,
    )
    if world.first:
        add_session(folder.environment, describe(world, request.source.data, trainer.step))
        _announce(report, plan.split, trainer)
    trainer.run()


def _configurations(request: Request) -> tuple[ModelConfig, TrainingConfig]:
    config = load_training_config(request.config, transfer=request.start is not None)
    if request.max_epochs is not None:
        config = replace(config, max_epochs=request.max_epochs)
    return load_config(request.config), config


def _announce(report: Silent, split: Split, trainer: Trainer) -> None:
    held_out = split.account.get("validation", "the variants of the list")
    report.say(
        f"training on {len(split.training):,} variants, validating on "
        f"{len(split.validation):,}: {held_out}"
    )
    if trainer.step:
        report.say(f"going on after step {trainer.step:,}, in epoch {trainer.epoch}")


def _finish(request: Request, folder: RunFolder) -> Finished:
    """Make the best epoch's weights the run's model."""
    epochs = [line for line in read_lines(folder.metrics) if line["kind"] == "epoch"]
    best = _best(epochs, _monitor(folder))
    GMVP.from_pretrained(folder.weights(best["epoch"])).save_pretrained(folder.model)
    if request.keras:
        from converters.weights.conversion import read_weights
        from converters.weights.keras_h5 import write_keras_h5

        made = read_weights(folder.model)
        write_keras_h5(folder.keras, made.canonical, made.config)
    return Finished(folder, best, epochs[-1])


def _monitor(folder: RunFolder) -> str:
    monitor: str = json.loads(folder.config.read_bytes())["training"]["monitor"]
    return monitor


def _best(epochs: list[dict[str, Any]], monitor: str) -> dict[str, Any]:
    """The first epoch with the best value; the last one where none has a value."""
    valued = [epoch for epoch in epochs if epoch[monitor] is not None]
    if not valued:
        return epochs[-1]
    choose = max if monitor == "auroc" else min
    best: dict[str, Any] = choose(valued, key=lambda epoch: epoch[monitor])
    return best
