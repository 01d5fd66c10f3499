"""A diagnosis in words, and as a document."""

from typing import Any

from parity.diagnosing.diagnosis import Diagnosis, Suspect

_SHOWN = 3


def lines(diagnosis: Diagnosis) -> list[str]:
    """What a person reads: where it first arises, then why, with the evidence."""
    return [_where(diagnosis), *_why(diagnosis)]


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The same for a program; errors are relative, None where there is none to give."""
    finite = diagnosis.before if diagnosis.before < float("inf") else None
    return {
        "layer": diagnosis.layer,
        "config": diagnosis.config,
        "first": diagnosis.intermediate,
        "error": finite,
        "certain": diagnosis.certain,
        "tried": diagnosis.tried,
        "words": lines(diagnosis),
        "pattern": diagnosis.pattern,
        "suspects": [
            {
                "mistakes": [
                    {"trap": m.trap, "what": m.what, "where": m.where} for m in suspect.known_bugs
                ],
                "error_left": suspect.after,
            }
            for suspect in diagnosis.suspects
        ],
    }


def _where(diagnosis: Diagnosis) -> str:
    if not diagnosis.failure:
        return f"where: {_first(diagnosis)}"
    said = f"where: not to be seen, as it raises: {diagnosis.failure}"
    return f"{said}; on inputs of 0 and 1 alone: {_first(diagnosis)}" if diagnosis.tamed else said


def _first(diagnosis: Diagnosis) -> str:
    if diagnosis.intermediate is None and diagnosis.failure:
        return "nowhere, so it refuses a value that it was given"
    if diagnosis.intermediate is None:
        return "nowhere in float64; the two differ in float32 alone"
    if not diagnosis.agreeing:
        return f"first in {diagnosis.intermediate}"
    shown = ", ".join(diagnosis.agreeing[-_SHOWN:])
    return f"first in {diagnosis.intermediate}; before it {shown} agree in float64"


def _why(diagnosis: Diagnosis) -> list[str]:
    suspects = diagnosis.suspects
    if not suspects:
        looks = [f"how: {diagnosis.pattern}"] if diagnosis.pattern else []
        return [
            *looks,
            f"why: not known; none of {diagnosis.tried} known mistakes explains it, by itself or, "
            "of those that explain a part, with another",
        ]
    if diagnosis.certain:
        return [f"why: {_evidence(diagnosis, suspects[0])}"]
    if len(suspects) == 1:
        return [f"why: perhaps {_evidence(diagnosis, suspects[0])}; {_doubt(diagnosis)}"]
    more = f", and {len(suspects) - _SHOWN} more" if len(suspects) > _SHOWN else ""
    return [
        f"why: one of {len(suspects)} that these inputs do not tell apart{more}:",
        *(f"  {_evidence(diagnosis, suspect)}" for suspect in suspects[:_SHOWN]),
    ]


def _doubt(diagnosis: Diagnosis) -> str:
    if not diagnosis.borne_out:
        return "but not on the same records in another order, so it is not all, or not this"
    return "as far as inputs of 0 and 1 tell"


def _evidence(diagnosis: Diagnosis, suspect: Suspect) -> str:
    said = " and ".join(
        f"should be: {mistake.name}" if mistake.operation else mistake.name
        for mistake in suspect.known_bugs
    )
    if suspect.because:
        return f"{said}; {suspect.because}"
    mended = "done so" if suspect.known_bugs[0].operation else "supposing so"
    return (
        f"{said}; {mended}, the float64 error falls from {diagnosis.before:.2g} "
        f"to {suspect.after:.1g}"
    )
