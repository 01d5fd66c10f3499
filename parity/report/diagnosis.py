"""Report of a diagnosis, in words and as a JSON document."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.checking.checker import CaseResult, Checker
from parity.declaring.known_bug import OtherOperation
from parity.diagnosing.cases import select_divergences
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.running_statistics import TrainingCause
from parity.diagnosing.training_causes import training_causes
from parity.errors import ParityError, UnavailableError
from parity.report.progress import waiting
from parity.report.summary import relative_error

_SHOWN = 3
# Divergences of one case that are diagnosed: a mistake in a block that is repeated makes many.
_DIAGNOSED = 3
_UNKNOWN_IN_TRAINING = (
    "why: cause unknown (tried: dropout missing, elsewhere, of another rate, scale or mask; "
    "running statistics of another momentum or variance, or none; evaluation mode)"
)


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
        try:
            with waiting(console, f"why {title} differs"):
                task = checker.task(pair, config)
                diagnosis = diagnose(checker.port, pair, config, task, divergence=divergence)
        except UnavailableError:
            raise
        except ParityError as error:
            console.print(Text(f"\n{title}: no diagnosis: {error}"), soft_wrap=True)
            continue
        documents.append(document(diagnosis, case.mode))
    return documents + _in_training(checker, results)


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


def _in_training(checker: Checker, results: Sequence[CaseResult]) -> list[dict[str, Any]]:
    """Return a document of the first case of each layer that differs in training alone."""
    evaluated = {(r.layer, r.config) for r in results if r.mode == "isolated" and r.verdict.passes}
    documents: dict[str, dict[str, Any]] = {}
    for case in results:
        passes = (case.layer, case.config) in evaluated
        if case.mode != "training" or not case.verdict.mismatch or not passes:
            continue
        if case.probe is None or case.layer in documents:
            continue
        pair = checker.port.pair(case.layer)
        config = next(config for config in pair.configs if config.name == case.config)
        try:
            causes = training_causes(pair, checker.task(pair, config), case.probe)
        except ParityError:
            continue
        documents[case.layer] = training_document(case, causes)
    return list(documents.values())


def training_document(case: CaseResult, causes: Sequence[TrainingCause]) -> dict[str, Any]:
    """Return the causes of a difference in training as a JSON document."""
    first = next((output for output in case.outputs if not output.verdict.passes), None)
    where = f"where: first difference in {first.name}" if first else "where: no output differs"
    why = [f"why: {cause.what}; {cause.evidence}" for cause in causes]
    return {
        "layer": case.layer,
        "config": case.config,
        "mode": "training",
        "intermediate": first.name if first else None,
        "error": relative_error(case),
        "certain": bool(causes),
        "tried": len(causes),
        "explanation": [where, *(why or [_UNKNOWN_IN_TRAINING])],
        "pattern": "",
        "root_causes": [
            {
                "known_bugs": [{"number": None, "what": cause.what, "where": case.layer}],
                "error_left": cause.error_left,
            }
            for cause in causes
        ],
    }


def document(diagnosis: Diagnosis, mode: str = "isolated") -> dict[str, Any]:
    """Return a diagnosis as a JSON document; errors are relative, or None if not finite."""
    return {
        "layer": diagnosis.layer,
        "config": diagnosis.config,
        "mode": mode,
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
        if diagnosis.repairs_tried:
            tried += f", and {diagnosis.repairs_tried} other calls in place of the candidate's"
        if diagnosis.repairs_left:
            tried += f"; time did not suffice for {diagnosis.repairs_left} more"
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
    if diagnosis.repairs_left:
        return f"time did not suffice for {diagnosis.repairs_left} others"
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
