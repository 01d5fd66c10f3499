"""Folder of a training run: its files, and the configuration that it was started with."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from converters.atomic import write_json
from converters.errors import InputError
from pt_gmvp.runs.folder import list_run


class RunFolder:
    """Paths of a run's files.

    `config.json`, `environment.json`, `metrics.jsonl`, `timing.jsonl`, `curves.png`, and the
    folders `predictions`, `weights`, `model`, `checkpoint`, `tensorboard`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.json"
        self.environment = path / "environment.json"
        self.metrics = path / "metrics.jsonl"
        self.timing = path / "timing.jsonl"
        self.curves = path / "curves.png"
        self.checkpoints = path / "checkpoint"
        self.tensorboard = path / "tensorboard"
        self.model = path / "model"
        self.keras = path / "model.h5"

    def weights(self, epoch: int) -> Path:
        """Return the folder of the model as it was after an epoch, counted from 1."""
        return self.path / "weights" / f"epoch-{epoch}"

    def predictions(self, epoch: int) -> Path:
        """Return the table of the validation variants' scores after an epoch."""
        return self.path / "predictions" / f"epoch-{epoch}.tsv"

    def fault(self, step: int) -> Path:
        """Return the file from which a failed step can be replayed."""
        return self.path / f"fault-step-{step}.safetensors"

    def read_config(self, resume: bool) -> dict[str, Any] | None:
        """Read the configuration of the run in the folder, None if there is no run.

        Raises:
            InputError: the folder is not empty and the run is not to be resumed, or what it holds
                is not a run.
        """
        names = list_run(self.path, "the run")
        if not names:
            return None
        if not resume:
            raise InputError(
                f"{self.path}: contains {names[0]}; give --resume to continue the run in it, or "
                "name another --out"
            )
        try:
            content = json.loads(self.config.read_bytes())
        except FileNotFoundError:
            raise InputError(
                f"{self.path}: contains {names[0]} but no config.json, so there is no run to "
                "resume; name another --out"
            ) from None
        except (ValueError, RecursionError) as error:
            raise InputError(f"{self.config}: not JSON ({error}); name another --out") from None
        if not isinstance(content, dict):
            raise InputError(f"{self.config}: not the configuration of a run; name another --out")
        return content

    def create(self, config: Mapping[str, Any]) -> None:
        """Make the folder and write the configuration, unless it is there already."""
        self.path.mkdir(parents=True, exist_ok=True)
        for part in (self.predictions(0).parent, self.weights(0).parent):
            part.mkdir(exist_ok=True)
        if not self.config.exists():
            write_json(self.config, config)


def check_same(path: Path, recorded: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Refuse to resume a run under another configuration.

    Raises:
        InputError: a value differs (the first is named with both values), or config.json lacks a
            section, as a model's own does.
    """
    absent = next((name for name in given if not isinstance(recorded.get(name), dict)), None)
    if absent is not None:
        raise InputError(
            f"{path}: its config.json has no section {absent}, so this may be a model but is not a "
            "run; name another --out"
        )
    for section, values in given.items():
        before = recorded[section]
        for key in {**before, **values}:
            old, new = before.get(key), values.get(key)
            if old != new:
                raise InputError(
                    f"{path}: the run was started with {section}.{key} {old!r}, now it is {new!r}; "
                    "resume with the same value, or start over in another --out"
                )


@contextmanager
def reporting_failed_writes(path: Path) -> Iterator[None]:
    """Report a failed write to a run's folder; the previous checkpoint is still valid.

    Raises:
        InputError: naming the file and what went wrong.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{error.filename or path}: cannot be written ({error.strerror or error}); the "
            "previous checkpoint is still valid: free some space or fix the cause, and continue "
            "with --resume"
        ) from None
