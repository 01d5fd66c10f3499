"""The check as one HTML file: nothing is loaded from elsewhere, and no script is in it."""

import math
import platform
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from parity.checking.checker import CaseResult
from parity.judging.margin import margin
from parity.judging.verdict import Verdict
from parity.report import page
from parity.report.checked import Checked
from parity.report.summary import counts, origin
from parity.report.svg import printable
from parity.report.terminal import shape


def render(checked: Checked) -> str:
    """The whole page. The same check gives the same page, but for the seconds it took.

    In ASCII: whatever encoding it is written or served in, it reads the same.
    """
    shown = page.cases(checked.results)
    start = origin(checked.results)
    text = (
        _environment()
        .get_template("check.html")
        .render(
            checked=checked,
            style=Markup(files("parity.report").joinpath("templates/check.css").read_text("utf-8")),
            verdict=_overall(checked.results),
            counts=counts(checked.results),
            rows=page.rows(shown),
            cases=shown,
            start=next((case for case in shown if case.result is start), None),
            shares=page.shares(checked.results),
            intermediates=page.intermediates(checked),
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
    """What a port is made of may hold any character, names and errors alike."""
    return printable(value) if type(value) is str else value


def _figure(value: float | None) -> str:
    """A figure as short as it can be told."""
    if value is None:
        return "-"
    return f"{value:.2g}" if math.isfinite(value) else str(value)


def _relative(value: float | None, scale: float | None) -> str:
    return _figure(value / scale) if value is not None and scale else "-"


def _mark(verdict: Verdict) -> str:
    """Beside a colour, for those who do not see it."""
    return "✓" if verdict.passes else "✗" if verdict.mismatch else "?"


def _kind(verdict: Verdict) -> str:
    """The class of a verdict in the style sheet."""
    return str(verdict).replace(" ", "-")


def _overall(results: Sequence[CaseResult]) -> tuple[str, str, str]:
    """The mark, the class and the words of the whole."""
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
        return "?", "unknown", f"Not known: {unknown} of {total} could not be compared"
    return "✓", "passes", f"Passes: {total}; the candidate computes what its reference computes"
