"""What does not pass as SARIF 2.1.0 (OASIS), for code scanning: each case at its candidate's code.

A result lies where the candidate's factory is declared. Paths are relative to the working folder,
which is to be the root of the repository; code outside of it has a name and no place.
"""

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parity.checking.checker import CaseResult, exit_code
from parity.judging.verdict import Verdict
from parity.report import json
from parity.report.checked import Checked
from parity.report.sources import declared_at
from parity.report.terminal import details

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_RULES = {
    Verdict.IMPRECISE: ("warning", "The logic is right; float32 is worse than it need be."),
    Verdict.DIFFERENT: ("error", "The candidate computes something else than the reference."),
    Verdict.STRUCTURE: (
        "error",
        "Another shape, dtype or set of outputs, or NaN on one side only.",
    ),
    Verdict.NOT_COMPARED: ("error", "Nothing can be said: a side, or the comparison, failed."),
}


def render(checked: Checked) -> str:
    """Every case that does not pass, as one SARIF log."""
    environment = json.environment()
    failing = [result for result in checked.results if not result.verdict.passes]
    run = {
        "tool": {
            "driver": {
                "name": "parity",
                "version": environment["parity"],
                "rules": [_rule(verdict) for verdict in _RULES],
            }
        },
        "automationDetails": {"id": f"parity/{checked.port}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "exitCode": exit_code(checked.results)}],
        "results": [_result(result, checked) for result in failing],
    }
    return json.text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(verdict: Verdict) -> dict[str, Any]:
    level, meaning = _RULES[verdict]
    return {
        "id": _rule_id(verdict),
        "shortDescription": {"text": meaning},
        "defaultConfiguration": {"level": level},
    }


def _rule_id(verdict: Verdict) -> str:
    return f"parity/{verdict.replace(' ', '-')}"


def _result(result: CaseResult, checked: Checked) -> dict[str, Any]:
    case = f"{result.layer}, {result.config}, {result.mode}"
    lines = [line.plain for line in details(result, checked.frameworks(result.layer))]
    identity = "\0".join((checked.port, result.layer, result.config, result.mode))
    return {
        "ruleId": _rule_id(result.verdict),
        "ruleIndex": list(_RULES).index(result.verdict),
        "level": _RULES[result.verdict][0],
        "message": {"text": "\n".join([f"{case}: {result.verdict}", *lines])},
        "locations": [_location(result, checked)],
        # By these an alert is known again after the code above it has moved.
        "partialFingerprints": {"parityCase/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }


def _location(result: CaseResult, checked: Checked) -> dict[str, Any]:
    name = f"{checked.port}.{result.layer}"
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": name}]}
    declared = declared_at(checked.pair(result.layer).candidate)
    if declared is not None and declared[0].is_relative_to(Path.cwd().resolve()):
        path = declared[0].relative_to(Path.cwd().resolve())
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": declared[1]},
        }
    return location
