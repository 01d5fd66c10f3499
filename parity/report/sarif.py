"""SARIF 2.1.0 report (OASIS) for code scanning: each failing case at its candidate's code.

The location of a result is the line that declares the candidate's factory. Paths are relative to
the working folder, which should be the root of the repository; code outside it has a name only.
"""

import hashlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from parity.checking.case_result import CaseResult
from parity.declaring.port import Side
from parity.judging.verdict import Verdict, exit_code
from parity.report import json
from parity.report.checked import Checked
from parity.report.terminal import details

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
# Factories made by the engine wrap the user's code; ports that ship with it are users' code too.
_ENGINE, _NOT_ENGINE = "parity.", "parity.ports."
_RULES = {
    Verdict.IMPRECISE: (
        "warning",
        "Right in float64, but the float32 error is larger than needed.",
    ),
    Verdict.DIFFERENT: ("error", "The candidate computes something else than the reference."),
    Verdict.STRUCTURE: (
        "error",
        "Another shape, dtype or set of outputs, or NaN on one side only.",
    ),
    Verdict.NOT_COMPARED: ("error", "A side or the comparison failed."),
}


def render(checked: Checked) -> str:
    """Return every failing case in one SARIF log."""
    environment = json.environment()
    failing = [result for result in checked.results if not result.verdict.passes]
    code = exit_code(result.verdict for result in checked.results)
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
        "invocations": [{"executionSuccessful": True, "exitCode": code}],
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
        **_causes(result, checked),
        # Fingerprints that identify an alert even if the code above it moves.
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


def _causes(result: CaseResult, checked: Checked) -> dict[str, Any]:
    """Return the lines of the root causes of a case; nothing if they are not known."""
    lines = []
    for found in checked.diagnoses:
        if (found["layer"], found["config"], found["mode"]) != _names(result):
            continue
        for cause in found["root_causes"]:
            what = " and ".join(bug["what"] for bug in cause["known_bugs"])
            lines += [(what, place) for at in cause["at"] for place in _places(at)]
    related = [
        {
            "id": number,
            "message": {"text": what},
            "physicalLocation": {
                "artifactLocation": {"uri": quote(place["file"]), "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": place["line"], "endLine": place["end_line"]},
            },
        }
        for number, (what, place) in enumerate(lines, 1)
    ]
    return {"relatedLocations": related} if related else {}


def _names(result: CaseResult) -> tuple[str, str, str]:
    return result.layer, result.config, result.mode


def _places(at: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the places of a call that are within the folder of the check."""
    found = [at["called"], at["made"]]
    return [place for place in found if place and not Path(place["file"]).is_absolute()]


def declared_at(side: Side) -> tuple[Path, int] | None:
    """Return the file and line of the user's code in a side's factory; None without a source.

    A factory made by the engine (parity.declaring.parts) closes over the user's model and the name
    of the method that is the layer; both are searched.
    """
    for found in _functions_in(side.build, set()):
        module = getattr(found, "__module__", None) or ""
        if module.startswith(_ENGINE) and not module.startswith(_NOT_ENGINE):
            continue
        try:
            file = inspect.getsourcefile(found)
            line = inspect.getsourcelines(found)[1]
        except (OSError, TypeError):
            continue
        if file is not None:
            return Path(file).resolve(), max(line, 1)
    return None


def _functions_in(thing: Any, seen: set[int]) -> Iterator[Callable[..., Any]]:
    """Yield a function, then what it wraps, is bound to, and closes over."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, partial):
        for part in (thing.func, *thing.args, *thing.keywords.values()):
            yield from _functions_in(part, seen)
    elif inspect.isfunction(thing):
        yield thing
        contents = _closed_over(thing)
        names = [name for name in contents if isinstance(name, str)]
        for part in contents:
            yield from _methods_of(part, names)
            yield from _functions_in(part, seen)
        yield from _functions_in(getattr(thing, "__wrapped__", None), seen)
    elif inspect.ismethod(thing):
        yield from _functions_in(thing.__func__, seen)
    elif inspect.isclass(thing):
        yield thing


def _closed_over(function: Callable[..., Any]) -> list[Any]:
    contents = []
    for cell in getattr(function, "__closure__", None) or ():
        try:
            contents.append(cell.cell_contents)
        except ValueError:  # an empty cell
            continue
    return contents


def _methods_of(thing: Any, names: list[str]) -> Iterator[Callable[..., Any]]:
    if inspect.isclass(thing):
        for name in names:
            method = thing.__dict__.get(name)
            if inspect.isfunction(method):
                yield method
