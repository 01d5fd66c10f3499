"""JSON report of a check; `schema/check.schema.json` describes each field."""

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib import metadata
from typing import Any

from parity.checking.case_result import CaseResult
from parity.checking.constant_finding import ConstantFinding
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.judging import oracle
from parity.judging.verdict import OutputResult
from parity.report import coverage, evaluation_only, onnx_cross_check, weights
from parity.report.checked import Checked
from parity.report.summary import counts

SCHEMA = {"name": "parity-check", "version": 3}


def render(checked: Checked) -> str:
    """Return the whole check as one JSON document."""
    return text(
        {
            "schema": SCHEMA,
            "port": checked.port,
            "versions": dict(checked.versions),
            "recorded": checked.recorded and dict(checked.recorded),
            "environment": environment(),
            "inputs": _inputs(checked.inputs),
            "weights": weights.document(checked),
            "selection": _selection(checked.selection),
            "seconds": checked.seconds,
            "exit_code": checked.exit_code,
            "summary": counts(checked.results),
            "cases": [_case(result, checked) for result in checked.results],
            "diagnoses": list(checked.diagnoses),
            "coverage": coverage.document(checked),
            "evaluation_only": evaluation_only.document(checked.evaluation_only),
        }
    )


def environment() -> dict[str, str]:
    """Return versions of the platform besides the frameworks; none identifies a machine."""
    return {
        "parity": metadata.version("gmvp-parity"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _inputs(inputs: InputSet) -> dict[str, Any]:
    return {"name": inputs.name, "records": inputs.records, "note": inputs.note}


def _selection(chosen: Selection) -> dict[str, Any]:
    return {
        "layers": list(chosen.layers),
        "configs": list(chosen.configs),
        "modes": list(chosen.modes),
        "gradients": chosen.gradients,
        "seed": chosen.seed,
        "training": chosen.training,
    }


def _case(result: CaseResult, checked: Checked) -> dict[str, Any]:
    reference, candidate = checked.frameworks(result.layer)
    return {
        "layer": result.layer,
        "config": result.config,
        "mode": result.mode,
        "reference": reference,
        "candidate": candidate,
        "input": result.input,
        "verdict": str(result.verdict),
        "seconds": result.seconds,
        "notes": list(result.notes),
        "outputs": [_output(output) for output in result.outputs],
        "onnx": [
            {
                **onnx_cross_check.document(said),
                "outputs": [_output(output) for output in said.outputs],
            }
            for said in result.cross_checks
        ],
        "constants": _constants(result.constants),
        "independent": list(result.independent),
        "float32": [{"side": use.side, **asdict(use.operation)} for use in result.float32],
    }


def _constants(finding: ConstantFinding | None) -> dict[str, Any] | None:
    if finding is None:
        return None
    named = [
        {"side": each.side, "state": each.state, **asdict(each.constant)} for each in finding.named
    ]
    return {**asdict(finding), "named": named}


def _output(output: OutputResult) -> dict[str, Any]:
    fields = {key: plain(value) for key, value in asdict(output).items()}
    return {**fields, "verdict": str(output.verdict), "bounds": _bounds(output)}


def _bounds(output: OutputResult) -> dict[str, Any] | None:
    """Return the bounds of the errors; None without float64 runs or without errors."""
    if output.scale is None or output.ref_err is None or output.cand_err is None:
        return None
    errors = output.ref_err, output.cand_err, output.float32_err or 0.0
    allowed = oracle.bounds(output.scale, *errors)
    return {key: plain(value) for key, value in asdict(allowed).items()}


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: NaN and infinity become text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def text(document: Mapping[str, Any]) -> str:
    """Return the document as indented JSON text."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
