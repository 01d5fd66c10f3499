"""JUnit XML report of a check, for CI servers: a suite for each layer, a test for each case.

It uses the elements and attributes of the Jenkins xUnit plugin's schema (junit-10.xsd) that other
readers support too. A mismatch is a `failure`; a case that could not be compared is an `error`.
"""

import re
from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from parity.checking.case_result import CaseResult
from parity.report.checked import Checked
from parity.report.json import environment
from parity.report.terminal import details

# Characters that XML 1.0 cannot hold, not even escaped (its production 2, Char).
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(checked: Checked) -> str:
    """Return the whole check as one XML document."""
    root = Element("testsuites", _totals(f"parity {checked.port}", checked.results))
    layers = dict.fromkeys(result.layer for result in checked.results)
    for layer in layers:
        own = [result for result in checked.results if result.layer == layer]
        suite = SubElement(root, "testsuite", _totals(f"{checked.port}.{layer}", own))
        _add_properties(suite, checked)
        for result in own:
            _add_case(suite, result, checked)
    ElementTree.indent(root, " ")
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _totals(name: str, results: Sequence[CaseResult]) -> dict[str, str]:
    mismatches = sum(result.verdict.mismatch for result in results)
    passing = sum(result.verdict.passes for result in results)
    return {
        "name": _clean(name),
        "tests": str(len(results)),
        "failures": str(mismatches),
        "errors": str(len(results) - mismatches - passing),
        "skipped": "0",
        "time": _seconds(sum(result.seconds for result in results)),
    }


def _add_properties(suite: Element, checked: Checked) -> None:
    given = {
        **checked.versions,
        **environment(),
        "inputs": checked.inputs.title,
        "seed": str(checked.selection.seed),
        "gradients": str(checked.selection.gradients).lower(),
    }
    properties = SubElement(suite, "properties")
    for name, value in given.items():
        SubElement(properties, "property", {"name": _clean(name), "value": _clean(value)})


def _add_case(suite: Element, result: CaseResult, checked: Checked) -> None:
    case = SubElement(
        suite,
        "testcase",
        {
            "classname": _clean(f"{checked.port}.{result.layer}"),
            "name": _clean(f"{result.config} [{result.mode}]"),
            "time": _seconds(result.seconds),
        },
    )
    lines = [line.plain for line in details(result, checked.frameworks(result.layer), shown=None)]
    text = _clean("\n".join(lines))
    if not result.verdict.passes:
        about = {
            "type": str(result.verdict),
            "message": _clean(f"{result.verdict}: {(lines or ['no output'])[0]}"),
        }
        SubElement(case, "failure" if result.verdict.mismatch else "error", about).text = text
    else:
        SubElement(case, "system-out").text = "\n".join(
            [str(result.verdict), *filter(None, [text])]
        )


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _clean(text: str) -> str:
    """Return the text with a replacement for every character XML cannot hold."""
    return _REFUSED.sub("\N{REPLACEMENT CHARACTER}", text)
