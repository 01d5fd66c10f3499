"""Reader of a run's folder: metrics, predictions, configuration, and location of the data."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from pt_gmvp.runs.journal import read_lines
from pt_gmvp.training.folder import RunFolder
from pt_gmvp.training.split import LISTED, STEM, TABLE, TEN, Source


@dataclass(frozen=True)
class Predicted:
    """Predictions for V variants: names, and (V,) probabilities and labels."""

    names: list[str]
    probabilities: NDArray[np.float64]
    labels: NDArray[np.float64]

    @property
    def losses(self) -> NDArray[np.float64]:
        """Return the cross-entropy of each variant, (V,).

        A probability rounded to 0 or 1 in float32 counts as the nearest one that is neither.
        """
        single = np.finfo(np.float32)
        harmful = np.maximum(self.probabilities, single.tiny)
        harmless = np.maximum(1 - self.probabilities, single.epsneg)
        found: NDArray[np.float64] = -np.log(np.where(self.labels == 1, harmful, harmless))
        return found


@dataclass(frozen=True)
class FinishedRun:
    """The results of a run.

    Attributes:
        folder: the run's folder.
        config: the content of config.json.
        epochs, steps: lines of metrics.jsonl.
        kept: number of the epoch whose weights are the run's model.
        faults: files of failed steps.
    """

    folder: RunFolder
    config: dict[str, Any]
    epochs: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    kept: int
    faults: list[Path]

    @property
    def last(self) -> int:
        """Return the number of the last epoch."""
        return int(self.epochs[-1]["epoch"])

    def predicted(self, epoch: int) -> Predicted:
        """Read the predictions of an epoch; raise InputError if they are missing or damaged."""
        path = self.folder.predictions(epoch)
        try:
            with open(path, encoding="utf-8", newline="") as file:
                rows = [
                    (r["var"], float(r["gMVP"]), float(r["label"]))
                    for r in csv.DictReader(file, delimiter="\t")
                ]
        except OSError as error:
            raise InputError(
                f"{path}: {error.strerror}; a run keeps the predictions of every epoch; train again"
            ) from None
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path}: not a table of var, gMVP and label ({error}); has it been changed?"
            ) from None
        if not rows:
            raise InputError(f"{path}: contains no variant; it has been changed since the run")
        names, probabilities, labels = zip(*rows, strict=True)
        return Predicted(list(names), np.array(probabilities), np.array(labels))


def open_run(path: Path) -> FinishedRun:
    """Read the folder of a run that has one epoch or more, finished or not.

    Raises:
        InputError: it is not a run, or has no epoch.
    """
    folder = RunFolder(path)
    if not folder.config.is_file() or not folder.metrics.is_file():
        raise InputError(f"{path}: not a run; expected a folder made by gmvp train --out")
    try:
        config = json.loads(folder.config.read_bytes())
        lines = read_lines(folder.metrics)
        monitor = config["training"]["monitor"]
        epochs = [line for line in lines if line["kind"] == "epoch"]
        steps = [line for line in lines if line["kind"] == "step"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: config.json or metrics.jsonl is damaged ({error})") from None
    if not epochs:
        raise InputError(
            f"{path}: no finished epoch; continue with gmvp train --resume, then diagnose the run"
        )
    faults = sorted(path.glob("fault-step-*.safetensors"))
    return FinishedRun(folder, config, epochs, steps, _kept(epochs, monitor), faults)


def _kept(epochs: list[dict[str, Any]], monitor: str) -> int:
    """Return the epoch of the run's model, by the same rule as the training."""
    valued = [epoch for epoch in epochs if epoch[monitor] is not None]
    if not valued:
        return int(epochs[-1]["epoch"])
    sign = -1 if monitor == "auroc" else 1
    return int(min(valued, key=lambda epoch: sign * epoch[monitor])["epoch"])


def source_of(
    run: FinishedRun, data: Path | None, features: Path | None, validation: Path | None
) -> Source:
    """Return where the run's data are: as given, else as recorded in environment.json.

    Raises:
        InputError: they are not recorded, or missing; or a path is given that the run has no use
            for.
    """
    session = _session(run.folder)
    arguments = session.get("arguments", [])
    found = data or _path(session.get("data"))
    if found is None:
        raise InputError(f"{run.folder.environment}: does not name the data; give --data")
    account = run.config["data"]
    given_features = features
    features = features or _path(_option(arguments, "--features"))
    listed = validation or _path(_option(arguments, "--validation"))
    for option, path in (("--data", found), ("--features", features), ("--validation", listed)):
        if path is not None and not path.exists():
            raise InputError(f"{path}: the run's data are missing; give {option}")
    kind = account["kind"]
    if kind in (TEN, LISTED) and (given_features or validation):
        option = "--features" if given_features else "--validation"
        raise InputError(f"{option}: the run was split by its files of records; leave it out")
    if kind not in (TEN, LISTED, TABLE) and given_features:
        raise InputError("--features: the run was trained on records, not a table; leave it out")
    if kind == LISTED:
        parts = [[found / name for name in account[key]] for key in ("files", "validation_files")]
        return Source(found, files=(parts[0], parts[1]))
    if kind == TEN:
        cv, stem = account.get("cv", 0), account.get("stem", STEM)
        return Source(found, replicate=account.get("replicate", 0), cv=cv, stem=stem)
    if listed is None:
        raise InputError("the run was split by a list of names; give --validation LIST")
    return Source(found, features if kind == TABLE else None, validation=listed)


def _session(folder: RunFolder) -> dict[str, Any]:
    try:
        session = json.loads(folder.environment.read_bytes())["sessions"][-1]
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError):
        return {}
    return session if isinstance(session, dict) else {}


def _option(arguments: list[str], name: str) -> str | None:
    for number, argument in enumerate(arguments):
        if argument == name and number + 1 < len(arguments):
            return arguments[number + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return None


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
