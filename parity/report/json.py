"""The check as JSON, for programs."""

import json
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity.check import CaseResult
from parity.errors import ParityError
from parity.report.summary import counts
from parity.verdict import OutputResult


def document(
    port: str, versions: Mapping[str, str], results: Sequence[CaseResult]
) -> dict[str, Any]:
    """The whole check as one JSON document."""
    return {
        "port": port,
        "versions": dict(versions),
        "cases": [_case(result) for result in results],
        "summary": counts(results),
    }


def _case(result: CaseResult) -> dict[str, Any]:
    return {
        "layer": result.layer,
        "config": result.config,
        "mode": result.mode,
        "input": result.input,
        "verdict": str(result.verdict),
        "notes": list(result.notes),
        "outputs": [_output(output) for output in result.outputs],
    }


def _output(output: OutputResult) -> dict[str, Any]:
    fields = {key: _plain(value) for key, value in asdict(output).items()}
    return {**fields, "verdict": str(output.verdict)}


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity; they become text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def text(document: Mapping[str, Any]) -> str:
    """The document as indented JSON text."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def refuse_unwritable(path: Path) -> None:
    """Raise ParityError if the document could not be written there, before any work is done."""
    if path.is_dir():
        raise ParityError(f"cannot write {path}: it is a folder; name a file in it")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ParityError(f"cannot write {path}: its folder does not exist")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ParityError(f"cannot write {path}: no permission")


def write(target: str, document: Mapping[str, Any]) -> None:
    """Write the document: to standard output for "-", else beside its place and then renamed.

    A link is followed, and what is no regular file (a pipe, a device) is written to as it is.
    """
    if target == "-":
        sys.stdout.write(text(document))
        return
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        path.write_text(text(document))
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text(document))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
