"""The check as JSON, for programs."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from parity.check import CaseResult
from parity.report.checked import Checked
from parity.report.summary import counts
from parity.verdict import OutputResult


def render(checked: Checked) -> str:
    """The whole check as one JSON document."""
    return text(
        {
            "port": checked.port,
            "versions": dict(checked.versions),
            "cases": [_case(result) for result in checked.results],
            "summary": counts(checked.results),
            "diagnoses": list(checked.diagnoses),
        }
    )


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
    fields = {key: plain(value) for key, value in asdict(output).items()}
    return {**fields, "verdict": str(output.verdict)}


def plain(value: Any) -> Any:
    """JSON has no NaN and no infinity; they become text."""
    if isinstance(value, dict):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def text(document: Mapping[str, Any]) -> str:
    """The document as indented JSON text."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
