"""The folder of a run's parts, beside its output: whose it is, and that only one run is in it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from converters.atomic import file_beside
from converters.text import as_json
from pt_gmvp.scoring.errors import ScoreError
from pt_gmvp.scoring.parts import SUFFIX, Part, find_parts
from pt_gmvp.scoring.transcripts import Task

_MANIFEST = "manifest.json"
_LOCK = "lock"
_FORMAT = 1
_NAMES = {"models": "--model", "precision": "--precision", "device": "--device"}


class PartsFolder:
    """`OUT.parts`: `manifest.json` with what the scores hang on, and the parts.

    The transcripts are not in the manifest, as each part says of which matrix it was made: a list
    may grow, and a matrix that was mended is scored anew.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = output.with_name(f"{output.name}.parts")
        self.manifest = self.path / _MANIFEST

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder if need be, and keep other programs out of it meanwhile.

        Raises:
            ScoreError: one is in it now, or it is a file.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ScoreError(f"{self.path}: is a file; expected a folder for what is scored")
        self.path.mkdir(exist_ok=True)
        with open(self.path / _LOCK, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise ScoreError(
                    f"{self.path}: another program scores into it now; wait for it or end it"
                ) from None
            try:
                yield
            finally:
                if self.path.is_dir() and not self.manifest.exists() and not self._foreign():
                    self.remove()  # no run was begun

    def begin(self, run: Mapping[str, Any], force: bool) -> None:
        """Begin a run in the folder, or go on with the one that it belongs to.

        Args:
            run: what scores hang on: "models", "precision", "device".
            force: take away an output without parts, and the parts of another run.

        Raises:
            ScoreError: the output is there already, or the parts are another run's.
        """
        begun = {"format": _FORMAT, **run}
        if self.manifest.exists():
            fault = self._differing(begun)
            if fault is None:
                return
            if not force:
                raise ScoreError(
                    f"{self.path}: holds scores of another run: {fault}; go on as it was begun, "
                    "name another --output, or give --force to begin anew"
                )
        elif self._foreign():
            raise ScoreError(
                f"{self.path}: holds {self._foreign()[0]}, no part of a run; name another --output"
            )
        elif self.output.exists() and not force:
            raise ScoreError(f"{self.output}: exists; give --force to replace it, or another name")
        for path in self.path.glob(f"*{SUFFIX}"):
            path.unlink()
        with file_beside(self.manifest) as partial:
            partial.write_text(as_json(begun), encoding="utf-8")

    def done(self, tasks: Iterable[Task]) -> dict[str, Part]:
        """Find the scores of tasks that are there, of the matrices as they are now, by id."""
        stamps = {task.transcript: task.stamp for task in tasks}
        return {
            part.transcript: part
            for part in find_parts(self.path)
            if stamps.get(part.transcript) == part.stamp
        }

    def remove(self) -> None:
        """Take the folder away: what it held is in the output."""
        shutil.rmtree(self.path)

    def _foreign(self) -> list[str]:
        names = sorted(os.listdir(self.path))
        return [n for n in names if n != _LOCK and not n.startswith(f".{_MANIFEST}")]

    def _differing(self, begun: Mapping[str, Any]) -> str | None:
        """Say what a run was begun with that is another now, None if nothing is."""
        try:
            recorded = json.loads(self.manifest.read_bytes())
        except ValueError:
            return f"{_MANIFEST} is damaged"
        if not isinstance(recorded, dict) or recorded.get("format") != _FORMAT:
            return f"{_MANIFEST} is of another version of this program"
        for key, option in _NAMES.items():
            if recorded.get(key) != begun[key]:
                if key == "models":
                    return f"it was begun with {_other_models(recorded.get(key), begun[key])}"
                return f"it was begun with {option} {recorded.get(key)}, now it is {begun[key]}"
        return None


def _other_models(recorded: object, asked: Sequence[str]) -> str:
    """Say how the models of a run, as its manifest has them, differ from those asked for."""
    reordered = isinstance(recorded, list) and sorted(map(str, recorded)) == sorted(asked)
    return "--model in another order" if reordered else "other models"
