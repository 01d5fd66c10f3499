"""The check as JSON, for programs."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from parity.check import CaseResult
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


def write(path: Path, document: Mapping[str, Any]) -> None:
    """Write the document: beside its place first, then renamed, so that no half file is left."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text(document))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
