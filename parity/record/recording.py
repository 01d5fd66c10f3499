"""Recording: its `bundle.json`, which describes every case and how the recording was made.

It is treated as untrusted: it cannot run code or name a file outside its folder, and anything
unexpected in it is reported in one line.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from parity.errors import ParityError, StaleError, describe
from parity.record import digest

FORMAT = 1
NAME = "bundle.json"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_Kind = TypeVar("_Kind")


@dataclass(frozen=True)
class RecordedCase:
    """One pair's reference under one configuration.

    Args:
        framework: of the reference.
        file: the plain name of the file with its traces; `bytes` and `sha256` are that file's.
        options: the configuration's options, as `digest.of_options` returns them.
        inputs: the digest of each input.
        weights: one digest of all weights.
        differentiate: the outputs that gradients were taken of: None for all, empty for none.
        failure64: why there is no float64 run; empty if there is one.
        reference_errors: float32 errors on ulp-perturbed tasks, by output; None if not sampled.
    """

    layer: str
    config: str
    framework: str
    file: str
    bytes: int
    sha256: str
    options: dict[str, Any]
    inputs: dict[str, str]
    weights: str
    differentiate: tuple[str, ...] | None
    failure64: str
    reference_errors: dict[str, float] | None

    @property
    def key(self) -> tuple[str, str]:
        """Return layer and configuration."""
        return self.layer, self.config


@dataclass(frozen=True)
class Recording:
    """Folder of recorded cases; `inputs` holds the digests of the arrays that the port loaded."""

    folder: Path
    provenance: dict[str, Any]
    seed: int
    gradients: bool
    inputs_title: str
    inputs: dict[str, str]
    cases: dict[tuple[str, str], RecordedCase]

    def path(self, case: RecordedCase) -> Path:
        """Return the file of a case's traces."""
        return self.folder / case.file

    def missing(self, case: RecordedCase) -> str:
        """Return what is wrong with a case's file before it is read; "" if nothing is."""
        path = self.path(case)
        if path.is_symlink() or not path.is_file():
            return f"{path} does not exist"
        size = path.stat().st_size
        return "" if size == case.bytes else f"{path} has {size} bytes instead of {case.bytes}"

    def damaged(self, case: RecordedCase) -> str:
        """Return what is wrong with a case's file, checksum included; "" if nothing is."""
        wrong = self.missing(case)
        if wrong or digest.of_file(self.path(case)) == case.sha256:
            return wrong
        return f"{self.path(case)} is damaged: its checksum has changed"


def write(recording: Recording) -> None:
    """Write `bundle.json` into the recording's folder."""
    document = {
        "format": FORMAT,
        "provenance": recording.provenance,
        "seed": recording.seed,
        "gradients": recording.gradients,
        "inputs_title": recording.inputs_title,
        "inputs": recording.inputs,
        "cases": [asdict(case) for case in recording.cases.values()],
    }
    try:
        _refuse_unprintable(document)
    except ValueError as error:
        raise ParityError(f"cannot be recorded: {error}") from error
    (recording.folder / NAME).write_text(json.dumps(document, indent=1) + "\n")


def is_recording(folder: Path) -> bool:
    """Return True if a folder looks like a recording, of whatever format."""
    return (folder / NAME).is_file()


def read(folder: Path) -> Recording:
    """Read `bundle.json` alone; the files of the cases are verified when they are needed.

    Raises StaleError if the recording is missing, damaged, or of another format.
    """
    path = folder / NAME
    if not folder.is_dir():
        raise StaleError(f"missing: there is no recording {folder}")
    if path.is_symlink() or not path.is_file():
        raise StaleError(f"missing: {folder} is not a recording, it contains no {NAME}")
    try:
        document = json.loads(path.read_text())
        _refuse_unprintable(document)
        version = _take(document, "format", int)
        if version == FORMAT:
            return _recording(folder, document)
    except (ValueError, TypeError, KeyError, RecursionError, OSError) as error:
        raise StaleError(f"damaged: {path}: {describe(error)}") from error
    raise StaleError(f"stale: {folder} has format {version}, but this version reads {FORMAT}")


def _recording(folder: Path, document: dict[str, Any]) -> Recording:
    cases = [_case(entry) for entry in _take(document, "cases", list)]
    return Recording(
        folder,
        _provenance(_take(document, "provenance", dict)),
        _take(document, "seed", int),
        _take(document, "gradients", bool),
        _take(document, "inputs_title", str),
        _all(_take(document, "inputs", dict), str),
        {case.key: case for case in cases},
    )


def _provenance(found: dict[str, Any]) -> dict[str, Any]:
    """Return it unchanged; raise an error if a printed part has the wrong type."""
    _take(found, "made", str)
    _all(_take(found, "versions", dict), str)
    _take(found, "port", dict)
    if found["commit"] is not None:
        _take(found["commit"], "id", str)
        _take(found["commit"], "dirty", bool)
    return found


def _case(entry: dict[str, Any]) -> RecordedCase:
    text = {
        name: _take(entry, name, str)
        for name in ("layer", "config", "framework", "file", "sha256", "weights", "failure64")
    }
    if not _PLAIN.fullmatch(text["file"]):
        raise ValueError(f"'{text['file']}' is not the plain name of a file in the folder")
    names, errors = entry["differentiate"], entry["reference_errors"]
    return RecordedCase(
        **text,
        bytes=_take(entry, "bytes", int),
        options=_take(entry, "options", dict),
        inputs=_all(_take(entry, "inputs", dict), str),
        differentiate=None if names is None else tuple(map(str, names)),
        reference_errors=None if errors is None else _all(errors, float),
    )


def _take(document: dict[str, Any], key: str, kind: type[_Kind]) -> _Kind:
    if not isinstance(document, dict):
        raise TypeError(f"expected an object with '{key}'")
    value = document[key]
    if type(value) is not kind:
        raise TypeError(f"'{key}' is not of type {kind.__name__}")
    return value


def _refuse_unprintable(document: Any) -> None:
    """Raise ValueError for a text with characters that could control a terminal."""
    if isinstance(document, str) and not document.isprintable():
        raise ValueError(f"{document!r} contains characters that cannot be printed")
    if isinstance(document, dict):
        _refuse_unprintable([*document, *document.values()])
    elif isinstance(document, list):
        for part in document:
            _refuse_unprintable(part)


def _all(named: dict[str, Any], kind: type[_Kind]) -> dict[str, _Kind]:
    return {name: _take(named, name, kind) for name in named}
