"""Report of a diagnosis, in words and as a JSON document."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from parity.checking.case_result import CaseResult
from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.declaring.source_edits import Place, display
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.diagnosing.patching import Confirmed
from parity.diagnosing.running_statistics import TrainingCause
from parity.diagnosing.statements.changed import OtherStatement
from parity.report.summary import relative_error

Patches = Sequence[Confirmed | None]
"""A confirmed patch of each root cause, or None."""

_SHOWN = 3
# Causes that are listed where several explain a mismatch equally well.
_LISTED = 10
_UNKNOWN_IN_TRAINING = (
    "why: cause unknown (tried: dropout missing, elsewhere, of another rate, scale or mask; "
    "running statistics of another momentum or variance, or none; evaluation mode)"
)


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
                "at": [],
                "patch": None,
            }
            for cause in causes
        ],
    }


def document(diagnosis: Diagnosis, mode: str = "isolated", patches: Patches = ()) -> dict[str, Any]:
    """Return a diagnosis as a JSON document; errors are relative, or None if not finite."""
    return {
        "layer": diagnosis.layer,
        "config": diagnosis.config,
        "mode": mode,
        "intermediate": diagnosis.intermediate,
        "error": diagnosis.error if diagnosis.error < float("inf") else None,
        "certain": diagnosis.certain,
        "tried": diagnosis.tried,
        "explanation": lines(diagnosis, patches),
        "pattern": diagnosis.pattern,
        "root_causes": [
            {
                "known_bugs": [
                    {"number": bug.number, "what": bug.what, "where": bug.where}
                    for bug in cause.known_bugs
                ],
                "error_left": cause.error_left,
                "at": [
                    {"called": _place(w.called), "made": _place(w.made), "module": w.module}
                    for w in cause.written
                ],
                "patch": _patch(patch),
            }
            for cause, patch in zip_longest(diagnosis.root_causes, patches)
        ],
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"file": display(place.file), "line": place.line, "end_line": place.end_line}


def _patch(confirmed: Confirmed | None) -> dict[str, Any] | None:
    if confirmed is None:
        return None
    layer, config, mode = confirmed.case
    return {
        "diff": confirmed.patch.diff,
        "files": [display(file) for file in confirmed.patch.after],
        "case": {"layer": layer, "config": config, "mode": mode},
        "left_out": list(confirmed.left_out),
        "passing": confirmed.passing,
        "cases": confirmed.cases,
    }


def lines(diagnosis: Diagnosis, patches: Patches = ()) -> list[str]:
    """Return a diagnosis in words: where the mismatch first arises, then why, with evidence."""
    return [_where(diagnosis), *_why(diagnosis, patches)]


def in_one_line(diagnosis: Diagnosis) -> str:
    """Return the causes with their evidence and places, or what was tried."""
    causes = diagnosis.root_causes
    if not causes:
        return _tried(diagnosis)
    if len(causes) > 1:
        first, *others = (line.strip() for line in _why(diagnosis, ()))
        return f"{first.removeprefix('why: ')} {', or '.join(others)}"
    why, *at = _why(diagnosis, ())
    return "; ".join([why.removeprefix("why: "), *(line.replace("at: ", "at ", 1) for line in at)])


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
    return (
        f"{place}; {', '.join(diagnosis.agreeing[-_SHOWN:])} before it {verb} in {diagnosis.dtype}"
    )


def _why(diagnosis: Diagnosis, patches: Patches) -> list[str]:
    causes = diagnosis.root_causes
    if not causes:
        pattern = [f"how: {diagnosis.pattern}"] if diagnosis.pattern else []
        return [*pattern, f"why: cause unknown (tried {_tried(diagnosis)})"]
    patches = [*patches, *([None] * (len(causes) - len(patches)))]
    if len(causes) == 1:
        evidence = _with_evidence(diagnosis, causes[0])
        if not diagnosis.certain:
            evidence = f"perhaps {evidence}; {_doubt(diagnosis)}"
        at, patched = _at(causes[0]), _patched(diagnosis, patches[0])
        return [
            f"why: {evidence}",
            *([f"at: {at}"] if at else []),
            *([f"patch: {patched}"] if patched else []),
        ]
    shown = f" (the first {_LISTED} are shown)" if len(causes) > _LISTED else ""
    found = [f"why: one of {len(causes)} causes that these inputs do not distinguish{shown}:"]
    for cause, patch in zip(causes[:_LISTED], patches, strict=False):
        at, patched = _at(cause), _patched(diagnosis, patch)
        more = [f"at {at}"] if at else []
        more += [f"patch: {patched}"] if patched else []
        found.append("; ".join([f"  {_with_evidence(diagnosis, cause)}", *more]))
    return found


def _tried(diagnosis: Diagnosis) -> str:
    tried = f"{diagnosis.tried} known bugs, alone and in pairs"
    if diagnosis.repairs_tried:
        tried += f", and {diagnosis.repairs_tried} other calls in place of the candidate's"
    if diagnosis.statements_tried:
        tried += f", and {diagnosis.statements_tried} other statements"
    if left := diagnosis.repairs_left + diagnosis.known_left:
        tried += f"; time did not suffice for {left} more"
    return tried


def _at(cause: RootCause) -> str:
    """Return where the calls of a cause are written, and where their modules are made."""
    places = []
    for written in cause.written:
        if written.called and written.made:
            places.append(f"{written.called} (made at {written.made})")
        else:
            places.append(str(written.called or written.made))
    places = list(dict.fromkeys(places))
    more = len(places) - _SHOWN
    return ", ".join(places[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _patched(diagnosis: Diagnosis, confirmed: Confirmed | None) -> str:
    """Return how surely a patch is right, which is shown elsewhere."""
    if confirmed is None:
        return ""
    made, without = "with it" if confirmed.together == 1 else "with all patches", ""
    if confirmed.left_out:
        # What is repaired is outside of the layer, which alone stays as it is.
        without = f", and {', '.join(confirmed.left_out)} left out of LAYERS"
    if confirmed.proven:
        cases = f"all {confirmed.cases} cases pass" if confirmed.cases > 1 else "the case passes"
        return f"below; {made}{without}, {cases}"
    if confirmed.left_out:
        case = ", ".join(confirmed.case[:2])
        return f"below; with it{without}, {case} passes"
    if confirmed.cases:
        return f"below; {made}, {confirmed.passing} of {confirmed.cases} cases pass, this one too"
    return "below; with it, this case passes; the others were not run again"


def _doubt(diagnosis: Diagnosis) -> str:
    if not diagnosis.confirmed:
        return "but not with the records in reverse order, so it is at most part of the cause"
    if left := diagnosis.repairs_left + diagnosis.known_left:
        return f"time did not suffice for {left} others"
    if diagnosis.describes:
        return "that is how this tensor differs, and no call of the code has been found for it"
    if diagnosis.dtype != "float64":
        return "shown only in float32, as a side does not run in float64"
    return "shown only on inputs of 0 and 1"


def _with_evidence(diagnosis: Diagnosis, cause: RootCause) -> str:
    names = " and ".join(
        f"should be: {bug.name}" if _is_repair(bug) else bug.name for bug in cause.known_bugs
    )
    if cause.evidence:
        return f"{names}; {cause.evidence}"
    how = "with that" if _is_repair(cause.known_bugs[0]) else "under this hypothesis"
    change = f"falls from {diagnosis.error:.2g} to {cause.error_left:.1g}"
    return f"{names}; {how}, the {diagnosis.dtype} error {change}"


def _is_repair(bug: KnownBug) -> bool:
    return isinstance(bug.change, OtherOperation | OtherStatement)
