"""Layers that were only compared in evaluation, in words and as a JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from parity.checking.training_runs import EvaluationOnly

_SHOWN = 4


def lines(found: Sequence[EvaluationOnly], ask: str = "add --train") -> list[str]:
    """Return a line for all layers that were not compared in training for the same reason.

    `ask` says how to have them compared there.
    """
    by_reason: dict[str, list[EvaluationOnly]] = {}
    for each in found:
        by_reason.setdefault(each.reason, []).append(each)
    said = []
    for reason, group in by_reason.items():
        named = dict.fromkeys(f"{each.layer} ({each.what})" for each in group)
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        why = f"because {reason}" if reason else f"{ask} to compare them in training too"
        said.append(f"only seen in evaluation: {', '.join([*named][:_SHOWN])}{more}; {why}")
    return said


def document(found: Sequence[EvaluationOnly]) -> list[dict[str, Any]]:
    """Return the layers as JSON objects."""
    return [asdict(each) for each in found]
