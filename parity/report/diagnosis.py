"""Report of a diagnosis, in words and as a JSON document."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.checker import CaseResult, Checker
from parity.declaring.known_bug import OtherOperation
from parity.diagnosing.diagnose import diagnose, select_divergences
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.errors import ParityError, UnavailableError

_SHOWN = 3
# Divergences of one case that are diagnosed: a mistake in a block that is repeated makes many.
_DIAGNOSED = 3


def explain(
    console: Console, checker: Checker, results: Sequence[CaseResult]
) -> list[dict[str, Any]]:
    """Diagnose each failing layer and return the diagnoses as documents.

    Of one case, at most `_DIAGNOSED` divergences are diagnosed; the others are named.
    """
    cases = select_divergences(checker.port, results)
    if cases and checker.reference.provenance is not None:
        line = "\nno diagnosis: the reference is a recording; check without --golden"
        console.print(Text(line), soft_wrap=True)
        return []
    documents = []
    for case, divergence in _few_of_each(console, cases):
        pair = checker.port.pair(case.layer)
        config = next(config for config in pair.configs if config.name == case.config)
        title = ", ".join(filter(None, (case.layer, case.config, divergence)))
        status = console.status(f"why {title} differs") if console.is_terminal else nullcontext()
        try:
            with status:
                task = checker.task(pair, config)
                diagnosis = diagnose(checker.port, pair, config, task, divergence=divergence)
        except UnavailableError:
            raise
        except ParityError as error:
            console.print(Text(f"\n{title}: no diagnosis: {error}"), soft_wrap=True)
            continue
        documents.append(document(diagnosis))
    return documents


def _few_of_each(
    console: Console, cases: Sequence[tuple[CaseResult, str]]
) -> list[tuple[CaseResult, str]]:
    """Return the first divergences of each case, and print which of the others are left out."""
    kept: list[tuple[CaseResult, str]] = []
    left_out: list[str] = []
    for case, divergence in cases:
        if sum(other is case for other, _ in kept) < _DIAGNOSED:
            kept.append((case, divergence))
        else:
            left_out.append(divergence)
    if left_out:
        line = f"\nnot diagnosed yet: {', '.join(left_out)}; fix the others first"
        console.print(Text(line), soft_wrap=True)
    return kept


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Return a diagnosis as a JSON document; errors are relative, or None if not finite."""
    return {
        "layer": diagnosis.layer,
        "config": diagnosis.config,
        "intermediate": diagnosis.intermediate,
        "error": diagnosis.error if diagnosis.error < float("inf") else None,
        "certain": diagnosis.certain,
        "tried": diagnosis.tried,
        "explanation": lines(diagnosis),
        "pattern": diagnosis.pattern,
        "root_causes": [
            {
                "known_bugs": [
                    {"number": bug.number, "what": bug.what, "where": bug.where}
                    for bug in cause.known_bugs
                ],
                "error_left": cause.error_left,
            }
            for cause in diagnosis.root_causes
        ],
    }


def lines(diagnosis: Diagnosis) -> list[str]:
    """Return a diagnosis in words: where the mismatch first arises, then why, with evidence."""
    return [_where(diagnosis), *_why(diagnosis)]


def _where(diagnosis: Diagnosis) -> str:
    place = _first_difference(diagnosis)
    if not diagnosis.failure:
        return f"where: {place}"
    line = f"where: nothing to compare, as the candidate raises: {diagnosis.failure}"
    return f"{line}; on inputs of 0 and 1: {place}" if diagnosis.zeros_and_ones else line


def _first_difference(diagnosis: Diagnosis) -> str:
    if diagnosis.intermediate is None and diagnosis.failure:
        return "no difference, so a value in the given inputs causes the error"
    if diagnosis.intermediate is None:
        return "no difference in float64; the sides differ only in float32"
    if diagnosis.in_place:
        name = diagnosis.intermediate
        return f"{name} differs even if the layers before it return the reference's outputs"
    place = f"first difference in {diagnosis.intermediate}"
    if not diagnosis.agreeing:
        return place
    verb = "agrees" if len(diagnosis.agreeing) == 1 else "agree"
    return f"{place}; {', '.join(diagnosis.agreeing[-_SHOWN:])} before it {verb} in float64"


def _why(diagnosis: Diagnosis) -> list[str]:
    causes = diagnosis.root_causes
    if not causes:
        pattern = [f"how: {diagnosis.pattern}"] if diagnosis.pattern else []
        tried = f"tried {diagnosis.tried} known bugs, alone and in pairs"
        return [*pattern, f"why: cause unknown ({tried})"]
    if diagnosis.certain:
        return [f"why: {_with_evidence(diagnosis, causes[0])}"]
    if len(causes) == 1:
        return [f"why: perhaps {_with_evidence(diagnosis, causes[0])}; {_doubt(diagnosis)}"]
    shown = f" (the first {_SHOWN} are shown)" if len(causes) > _SHOWN else ""
    return [
        f"why: one of {len(causes)} causes that these inputs do not distinguish{shown}:",
        *(f"  {_with_evidence(diagnosis, cause)}" for cause in causes[:_SHOWN]),
    ]


def _doubt(diagnosis: Diagnosis) -> str:
    if not diagnosis.confirmed:
        return "but not with the records in reverse order, so it is at most part of the cause"
    return "shown only on inputs of 0 and 1"


def _with_evidence(diagnosis: Diagnosis, cause: RootCause) -> str:
    names = " and ".join(
        f"should be: {bug.name}" if isinstance(bug.change, OtherOperation) else bug.name
        for bug in cause.known_bugs
    )
    if cause.evidence:
        return f"{names}; {cause.evidence}"
    repaired = isinstance(cause.known_bugs[0].change, OtherOperation)
    how = "with that" if repaired else "under this hypothesis"
    change = f"falls from {diagnosis.error:.2g} to {cause.error_left:.1g}"
    return f"{names}; {how}, the float64 error {change}"
