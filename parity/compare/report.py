"""Reports of `parity compare`: on a terminal, in Markdown for a CI run, and as JSON."""

from typing import Any

from rich.console import Console
from rich.text import Text

from parity.compare.changes import Change, Changes, Kind
from parity.compare.documents import Case, Document
from parity.report.markdown_text import escape, table

SCHEMA = {"name": "parity-compare", "version": 1}
_STYLE = {
    Kind.WORSE: "bold red",
    Kind.GONE: "bold red",
    Kind.BETTER: "green",
    Kind.CHANGED: "yellow",
    Kind.NEW: "cyan",
    Kind.LEFT_OUT: "dim",
}
_REASONS_SHOWN = 6
# Cases of this kind need no explanation, so on a terminal they are only counted.
_ONLY_COUNTED = Kind.LEFT_OUT


def tally(changes: Changes) -> str:
    """Return the counts in words: 1 worse, 127 same."""
    return ", ".join(f"{count} {kind}" for kind, count in changes.counts.items())


def _about(document: Document) -> str:
    cases = len(document.cases)
    return f"{document.path} ({cases} case{'s' * (cases != 1)}, {document.seconds:.0f} s)"


def _verdict(case: Case | None) -> str:
    return "-" if case is None else str(case.verdict)


def _moved(change: Change) -> str:
    before, after = _verdict(change.before), _verdict(change.after)
    return before if before == after else f"{before} -> {after}"


def _reasons(change: Change) -> list[str]:
    more = len(change.reasons) - _REASONS_SHOWN
    rest = [f"and {more} more (--json has them all)"] if more > 0 else []
    return [*change.reasons[:_REASONS_SHOWN], *rest]


def print_changes(console: Console, changes: Changes) -> None:
    """Print the two checks, settings that differ, a line for each changed case, and the counts."""

    def line(text: Text) -> None:
        console.print(text, soft_wrap=True)

    line(Text(f"before: {_about(changes.before)}"))
    line(Text(f"after:  {_about(changes.after)}"))
    for name, before, after in changes.settings:
        line(Text(f"{name}: {before} -> {after}", "yellow"))
    line(Text())
    shown = [change for change in changes.cases if change.kind is not _ONLY_COUNTED]
    widths = [max(map(len, column)) for column in zip(*(c.key for c in shown), strict=True)]
    for change in shown:
        names = "  ".join(n.ljust(w) for n, w in zip(change.key, widths, strict=True))
        line(
            Text.assemble((f"{change.kind:8}  ", _STYLE[change.kind]), f"{names}  ", _moved(change))
        )
        for reason in _reasons(change):
            line(Text(f"    {reason}"))
    if shown:
        line(Text())
    line(Text(tally(changes), "bold red" if changes.exit_code else "bold green"))


def markdown(changes: Changes) -> str:
    """Return the changes in Markdown."""
    mark = "✗" if changes.exit_code else "✓"
    lines = [
        f"## parity compare, {escape(changes.after.port)}: {mark} {tally(changes)}",
        "",
        f"Before: {escape(_about(changes.before))}  ",
        f"After: {escape(_about(changes.after))}",
    ]
    if changes.settings:
        lines += ["", *table(("setting", "before", "after"), changes.settings)]
    if changes.cases:
        rows = ((str(c.kind), *c.key, _verdict(c.before), _verdict(c.after)) for c in changes.cases)
        headings = ("", "layer", "configuration", "mode", "before", "after")
        lines += ["", *table(headings, rows)]
    for change in changes.cases:
        if change.kind.bad and change.reasons:
            lines += ["", f"#### {escape(', '.join(change.key))}", ""]
            lines += [f"- {escape(reason)}" for reason in _reasons(change)]
    return "\n".join(lines) + "\n"


def document(changes: Changes) -> dict[str, Any]:
    """Return the changes as JSON; `schema/compare.schema.json` describes each field."""
    return {
        "schema": SCHEMA,
        "before": _run(changes.before),
        "after": _run(changes.after),
        "settings": [{"name": n, "before": b, "after": a} for n, b, a in changes.settings],
        "counts": changes.counts,
        "exit_code": changes.exit_code,
        "changes": [_change(change) for change in changes.cases],
    }


def _run(run: Document) -> dict[str, Any]:
    return {"file": run.path, "port": run.port, "cases": len(run.cases), "seconds": run.seconds}


def _change(change: Change) -> dict[str, Any]:
    layer, config, mode = change.key
    return {
        "layer": layer,
        "config": config,
        "mode": mode,
        "kind": str(change.kind),
        "before": change.before and _side(change.before),
        "after": change.after and _side(change.after),
        "reasons": list(change.reasons),
    }


def _side(case: Case) -> dict[str, Any]:
    return {"verdict": str(case.verdict), "seconds": case.seconds}
