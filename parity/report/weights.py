"""Weights of a check that a user named, in every report: the source, and the candidate's own."""

from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.own_weights import OwnWeight
from parity.report.checked import Checked

_SHOWN = 10


def document(checked: Checked) -> dict[str, Any]:
    """Return the part of a JSON document."""
    given, own = checked.weights, checked.own_weights
    if given is None:
        return {"source": "drawn", "tensors": None, "sha256": None, "candidate": None}
    candidate = own and {
        "compared": own.compared,
        "different": [
            {
                "key": one.key,
                "weight": one.weight,
                "max_abs_err": _finite(one.max_abs_err),
                "scale": _finite(one.scale),
                "instead": one.instead,
            }
            for one in own.different
        ],
    }
    return {
        "source": given.source,
        "tensors": given.count,
        "sha256": given.sha256,
        "candidate": candidate,
    }


def _finite(value: float | None) -> float | str | None:
    return value if value is None or abs(value) < float("inf") else str(value)


def lines(checked: Checked) -> list[str]:
    """Return the lines for a reader; none if the weights were drawn."""
    given, own = checked.weights, checked.own_weights
    if given is None:
        return []
    whose = "those that the reference's factory built" if given.built else given.source
    found = [f"weights: {whose} ({given.count} tensors, SHA-256 {given.sha256[:12]})"]
    if own is None:
        return found
    same = own.compared - len(own.different)
    found.append(
        f"the candidate's own weights: {same} of {own.compared} tensors are the reference's"
    )
    found += [f"  {_described(one)}" for one in own.different[:_SHOWN]]
    if rest := own.different[_SHOWN:]:
        found.append(f"  and {len(rest)} more: {', '.join(one.key for one in rest)}")
    return found


def _described(one: OwnWeight) -> str:
    if one.instead:
        return f"{one.key} is not {one.weight}: it holds what belongs to {one.instead}"
    if one.max_abs_err is None:
        return f"{one.key} is not {one.weight}: it has another shape"
    off = f"up to {one.max_abs_err:.2g} off, at a scale of {one.scale:.2g}"
    return f"{one.key} is not {one.weight}: {off}"


def print_weights(console: Console, checked: Checked) -> None:
    """Print the lines, if there are any."""
    found = lines(checked)
    if found:
        console.print()
    for number, line in enumerate(found):
        style = "bold red" if number and checked.has_other_weights else "dim"
        console.print(Text(line, style), soft_wrap=True)
