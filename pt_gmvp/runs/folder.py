"""The folder of a run: what lies where in it, and whether it may be begun or gone on with."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from converters.atomic import file_beside
from converters.errors import InputError
from converters.text import as_json


class RunError(InputError):
    """A folder that cannot take this run."""


class RunFolder:
    """Where a run's files are.

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
        """The model's folder as it was after an epoch, counted from 1."""
        return self.path / "weights" / f"epoch-{epoch}"

    def predictions(self, epoch: int) -> Path:
        """The held-out variants' table of an epoch."""
        return self.path / "predictions" / f"epoch-{epoch}.tsv"

    def fault(self, step: int) -> Path:
        """What a step that went wrong can be replayed from."""
        return self.path / f"fault-step-{step}.safetensors"

    def recorded(self, resume: bool) -> dict[str, Any] | None:
        """The configuration of the run that is in the folder, None where there is none.

        Raises:
            RunError: it holds something and is not to be resumed, or something that is no run.
        """
        if self.path.exists() and not self.path.is_dir():
            raise RunError(f"{self.path}: is a file; expected a folder for the run")
        held = sorted(os.listdir(self.path)) if self.path.is_dir() else []
        held = [name for name in held if name != "lock"]
        if held and not resume:
            raise RunError(
                f"{self.path}: holds {held[0]}; give --resume to go on with the run in it, or "
                "name another --out"
            )
        if not held:
            return None
        try:
            content = json.loads(self.config.read_bytes())
        except FileNotFoundError:
            raise RunError(
                f"{self.path}: holds {held[0]} but no config.json, so there is no run to resume; "
                "name another --out"
            ) from None
        except ValueError as error:
            raise RunError(f"{self.config}: not JSON ({error}); name another --out") from None
        if not isinstance(content, dict):
            raise RunError(f"{self.config}: no configuration of a run; name another --out")
        return content

    def begin(self, config: Mapping[str, Any]) -> None:
        """Make the folder and write the configuration, unless it is there already."""
        self.path.mkdir(parents=True, exist_ok=True)
        for part in (self.predictions(0).parent, self.weights(0).parent):
            part.mkdir(exist_ok=True)
        if not self.config.exists():
            with file_beside(self.config) as partial:
                partial.write_text(as_json(config), encoding="utf-8")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other programs from training in the folder meanwhile.

        Raises:
            RunError: one does so now.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / "lock", "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise RunError(
                    f"{self.path}: another program trains in it now; wait for it or end it"
                ) from None
            yield


def check_same(path: Path, recorded: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with a run under another configuration.

    Raises:
        RunError: naming the first key that differs, with both values; or a section that a run's
            config.json has and a model's has not.
    """
    absent = next((name for name in asked if not isinstance(recorded.get(name), dict)), None)
    if absent is not None:
        raise RunError(
            f"{path}: its config.json has no section {absent}, so it is no run's but, maybe, a "
            "model's; name another --out"
        )
    for section, values in asked.items():
        before = recorded[section]
        for key in {**before, **values}:
            old, new = before.get(key), values.get(key)
            if old != new:
                raise RunError(
                    f"{path}: the run was begun with {section}.{key} {old!r}, now it is {new!r}; "
                    "resume with the same, or begin anew in another --out"
                )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say of what cannot be written to a run's folder that nothing is lost by that.

    Raises:
        RunError: naming the file and what was wrong.
    """
    try:
        yield
    except OSError as error:
        raise RunError(
            f"{error.filename or path}: cannot be written ({error.strerror or error}); the "
            "checkpoint before is whole and nothing up to it is lost: make room, or mend what is "
            "wrong, and go on with --resume"
        ) from None


class Lines:
    """A file of JSON lines that can be cut back to where a checkpoint was taken."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Open a file to go on after its first `size` bytes; RunError if it has fewer."""
        self.path = path
        there = path.stat().st_size if path.exists() else 0
        if there < size:
            raise RunError(
                f"{path}: has {there} bytes, its checkpoint was taken after {size}; "
                "it was changed since: begin anew in another --out"
            )
        self._file = open(path, "ab")  # noqa: SIM115 - held for the length of the run
        self._file.truncate(size)
        self._file.seek(size)

    def write(self, line: Mapping[str, Any]) -> None:
        """Append a line; what is not finite becomes null, which every reader of JSON knows."""
        finite = {key: None if _not_finite(value) else value for key, value in line.items()}
        self._file.write(json.dumps(finite, allow_nan=False).encode() + b"\n")
        self._file.flush()

    def settle(self) -> int:
        """Bring all lines to the disk; return the size of the file."""
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _not_finite(value: Any) -> bool:
    return isinstance(value, float) and (value != value or value in (float("inf"), -float("inf")))
