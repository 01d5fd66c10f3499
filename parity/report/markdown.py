"""Markdown report for the page of a CI run: what fails and why; the rest is folded."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from parity.checking.case_result import CaseResult
from parity.judging.verdict import worst
from parity.report import weights
from parity.report.checked import Checked
from parity.report.markdown_text import escape, folded, table
from parity.report.summary import counts, headline, relative_error
from parity.report.terminal import details

# GitHub refuses a summary larger than 1 MiB; --json has all of them.
_SHOWN = 50


def render(checked: Checked) -> str:
    """Return the whole check in Markdown."""
    failing = [result for result in checked.results if not result.verdict.passes]
    passing = [result for result in checked.results if result.verdict.passes]
    lines = [*_head(checked, len(failing)), "", *_layers(checked.results)]
    for result in failing[:_SHOWN]:
        lines += ["", *_failure(result, checked)]
    if len(failing) > _SHOWN:
        lines += ["", f"And {len(failing) - _SHOWN} more cases that do not pass."]
    for diagnosis in checked.diagnoses:
        lines += ["", *_diagnosis(diagnosis)]
    if passing:
        lines += ["", *folded(f"{_cases(len(passing))} that pass", _passing(passing))]
    return "\n".join(lines) + "\n"


def _cases(count: int) -> str:
    return f"{count} case{'s' * (count != 1)}"


def _head(checked: Checked, failing: int) -> list[str]:
    total = len(checked.results)
    verdict = f"✗ {failing} of {_cases(total)} failing" if failing else f"✓ {_cases(total)} pass"
    if not total:
        verdict = "✗ nothing was checked"
    tally = ", ".join(f"{count} {name}" for name, count in counts(checked.results).items())
    versions = ", ".join(f"{name} {version}" for name, version in checked.versions.items())
    chosen = checked.selection
    first = [f"- {escape(line)}" for line in headline(checked)]
    return [
        f"## parity, {escape(checked.port)}: {verdict}",
        *([""] * bool(first)),
        *first,
        "",
        f"**{tally or 'none'}** in {checked.seconds:.0f} s, with {escape(versions)}, "
        f"seed {chosen.seed}, {'with' if chosen.gradients else 'without'} gradients.  ",
        f"Input: {escape(checked.inputs.title)}{_note(checked.inputs.note)}.",
        *("  " + escape(line) for line in weights.lines(checked)),
    ]


def _note(note: str) -> str:
    return f" - {escape(note)}" if note else ""


def _largest_error(results: Sequence[CaseResult]) -> str:
    errors = [error for r in results if (error := relative_error(r)) is not None]
    return f"{max(errors):.0e}" if errors else "-"


def _layers(results: Sequence[CaseResult]) -> list[str]:
    rows = []
    for layer in dict.fromkeys(result.layer for result in results):
        own = [result for result in results if result.layer == layer]
        good = sum(result.verdict.passes for result in own)
        rows.append(
            (
                "✓" if good == len(own) else "✗",
                layer,
                f"{good} of {len(own)}",
                str(worst(result.verdict for result in own)),
                _largest_error(own),
                f"{sum(result.seconds for result in own):.1f}",
            )
        )
    headings = ("", "layer", " pass", "worst verdict", " float64 error", " seconds")
    return table(headings, rows)


def _failure(result: CaseResult, checked: Checked) -> list[str]:
    about = escape(f"{result.layer}, {result.config}, {result.mode}: {result.verdict}")
    lines = details(result, checked.frameworks(result.layer))
    return [f"#### ✗ {about}", "", *(f"- {escape(line.plain)}" for line in lines)]


def _diagnosis(found: Mapping[str, Any]) -> list[str]:
    about = escape(f"{found['layer']}, {found['config']}")
    return [
        f"#### Why {about} differs",
        "",
        *(f"- {escape(line)}" for line in found["explanation"]),
        *(line for cause in found["root_causes"] for line in _patch(cause["patch"])),
    ]


def _patch(found: Mapping[str, Any] | None) -> list[str]:
    if found is None:
        return []
    # A fence that is longer than any in the patch.
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", found["diff"])), 3)
    return ["", f"{fence}diff", *found["diff"].splitlines(), fence]


def _passing(results: Sequence[CaseResult]) -> list[str]:
    headings = ("layer", "configuration", "mode", "verdict", " float64 error", " seconds")
    return table(
        headings,
        (
            (r.layer, r.config, r.mode, str(r.verdict), _largest_error([r]), f"{r.seconds:.2f}")
            for r in results
        ),
    )
