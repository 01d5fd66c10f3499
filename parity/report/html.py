"""HTML page of a check in one self-contained file, without scripts."""

import math
import platform
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parity.checking.case_result import CaseResult
from parity.judging.margin import margin
from parity.judging.verdict import Verdict
from parity.report import coverage, page, weights
from parity.report.checked import Checked
from parity.report.summary import counts, headline
from parity.report.svg import printable
from parity.report.terminal import shape


def render(checked: Checked) -> str:
    """Return the whole page. The same check gives the same page, except for its seconds.

    The page is ASCII, so it reads the same in whatever encoding it is served.
    """
    gallery = page.Gallery()
    shares = page.shares(checked.results, gallery)
    intermediates = page.intermediates(checked, gallery)
    shown = page.cases(checked.results, gallery)
    lines = headline(checked)
    style = files("parity.report").joinpath("templates/check.css").read_text("utf-8")
    text = (
        _environment()
        .get_template("check.html")
        .render(
            checked=checked,
            style=Markup(style),
            verdict=_overall(checked.results),
            counts=counts(checked.results),
            headline=lines,
            coverage=coverage.summary(checked, None),
            weights=weights.lines(checked),
            start=next((c for c in shown if lines and f": {c.name}" in lines[0]), None),
            rows=page.rows(shown),
            cases=shown,
            shares=shares,
            intermediates=intermediates,
            modes=list(dict.fromkeys(result.mode for result in checked.results)),
            versions={
                **checked.versions,
                "numpy": np.__version__,
                "Python": platform.python_version(),
            },
        )
    )
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii") + "\n"


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("parity.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters.update(shape=shape, figure=_figure, relative=_relative)
    environment.globals.update(mark=_mark, kind=_kind, margin=margin)
    return environment


def _finalized(value: Any) -> Any:
    """Return text without control characters: a port's names and errors may hold any."""
    return printable(value) if type(value) is str else value


def _figure(value: float | None) -> str:
    """Return a number with two significant digits."""
    if value is None:
        return "-"
    return f"{value:.2g}" if math.isfinite(value) else str(value)


def _relative(value: float | None, scale: float | None) -> str:
    return _figure(value / scale) if value is not None and scale else "-"


def _mark(verdict: Verdict) -> str:
    """Return the mark beside a colour, for readers who do not see colours."""
    return "✓" if verdict.passes else "✗" if verdict.mismatch else "?"


def _kind(verdict: Verdict) -> str:
    """Return the class of a verdict in the style sheet."""
    return str(verdict).replace(" ", "-")


def _overall(results: Sequence[CaseResult]) -> tuple[str, str, str]:
    """Return the mark, the class and the words of the whole check."""
    total = f"{len(results)} case{'s' * (len(results) != 1)}"
    wrong = sum(result.verdict.mismatch for result in results)
    unknown = sum(result.verdict is Verdict.NOT_COMPARED for result in results)
    if wrong:
        return (
            "✗",
            "fails",
            f"Fails: {wrong} of {total}; the candidate does not match its reference",
        )
    if unknown or not results:
        return "?", "unknown", f"Unknown: {unknown} of {total} could not be compared"
    return "✓", "passes", f"Passes: {total}; the candidate computes what its reference computes"
