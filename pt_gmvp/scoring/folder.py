"""Folder of a scoring run's parts, beside its output: which run it belongs to, and what is done."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from converters.atomic import write_json
from converters.errors import InputError
from pt_gmvp.runs.folder import list_run, locked
from pt_gmvp.scoring.parts import SUFFIX, Part, find_parts
from pt_gmvp.scoring.transcripts import Task

_MANIFEST = "manifest.json"
_FORMAT = 1
_STARTED_BY = {"transcripts": "gmvp score", "variants": "gmvp predict"}
_OPTIONS = {"models": "--model", "precision": "--precision", "device": "--device"}


class PartsFolder:
    """`OUT.parts`: the parts, and `manifest.json` with what the scores depend on.

    The transcripts are not in the manifest, as each part records its matrix: the list may grow,
    and a corrected matrix is scored again.
    """

    def __init__(self, output: Path) -> None:
        self.output = output
        self.path = output.with_name(f"{output.name}.parts")
        self.manifest = self.path / _MANIFEST

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other programs out of the folder, which is made if need be.

        Raises:
            InputError: another program is in it, or it is a file.
        """
        list_run(self.path, "finished scores")
        with locked(self.path, "scoring"):
            try:
                yield
            finally:
                if self.path.is_dir() and not self.manifest.exists() and not self._foreign():
                    self.remove()  # no run was started

    def start(self, run: Mapping[str, Any], force: bool) -> None:
        """Start a run in the folder, or continue the one that it belongs to.

        Args:
            run: what scores depend on: "models", "precision", "device"; and "of", for scores of
                "variants" and not of "transcripts".
            force: replace an output that has no parts, and the parts of another run.

        Raises:
            InputError: the output exists already, or the parts belong to another run.
        """
        started = {"format": _FORMAT, **run}
        if self.manifest.exists():
            difference = self._difference(started)
            if difference is None:
                return
            if not force:
                raise InputError(
                    f"{self.path}: contains scores of another run: {difference}; continue it as it "
                    "was started, name another --output, or give --force to start over"
                )
        elif self._foreign():
            raise InputError(
                f"{self.path}: contains {self._foreign()[0]}, which is not part of a run; name "
                "another --output"
            )
        elif self.output.exists() and not force:
            raise InputError(f"{self.output}: exists; give --force to replace it, or another name")
        for path in self.path.glob(f"*{SUFFIX}"):
            path.unlink()
        write_json(self.manifest, started)

    def done(self, tasks: Iterable[Task]) -> dict[str, Part]:
        """Find the scores of tasks, by id, that were made from the current matrices."""
        stamps = {task.transcript: task.stamp for task in tasks}
        return {
            part.name: part for part in find_parts(self.path) if stamps.get(part.name) == part.stamp
        }

    def blocks(self) -> dict[str, Part]:
        """Find the scores of blocks of given variants, by name; those with most matrices usable."""
        found: dict[str, Part] = {}
        for part in find_parts(self.path):
            if part.name not in found or part.stamp <= found[part.name].stamp:
                found[part.name] = part
        return found

    def remove(self) -> None:
        """Remove the folder, once the output has all that it held."""
        shutil.rmtree(self.path)

    def _foreign(self) -> list[str]:
        names = list_run(self.path, "finished scores")
        return [name for name in names if not name.startswith(f".{_MANIFEST}")]

    def _difference(self, started: Mapping[str, Any]) -> str | None:
        """Return how this run differs from the one in the folder, None if it does not."""
        try:
            recorded = json.loads(self.manifest.read_bytes())
        except (ValueError, RecursionError):
            return f"{_MANIFEST} is damaged"
        if not isinstance(recorded, dict) or recorded.get("format") != _FORMAT:
            return f"{_MANIFEST} is of another version of this program"
        other = recorded.get("of", "transcripts")
        if other != started.get("of", "transcripts"):
            return f"it was started by {_STARTED_BY.get(other, 'another program')}"
        for key, option in _OPTIONS.items():
            if recorded.get(key) != started[key]:
                if key == "models":
                    return f"it was started with {_other_models(recorded.get(key), started[key])}"
                return f"it was started with {option} {recorded.get(key)}, now it is {started[key]}"
        return None


def _other_models(recorded: object, given: Sequence[str]) -> str:
    reordered = isinstance(recorded, list) and sorted(map(str, recorded)) == sorted(given)
    return "--model in another order" if reordered else "other models"
