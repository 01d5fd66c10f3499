"""Reports of `parity train`: a table with the result in words, and a JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.judging.verdict import worst
from parity.report.json import plain
from parity.train.drift import QuantityComparison
from parity.train.lockstep import ByRun, Step, TrainingComparison
from parity.train.overfitting import describe_overfitting
from parity.train.patching import TrainingPatch

SCHEMA = {"name": "parity-train", "version": 2}


def print_training(
    console: Console,
    training: TrainingComparison,
    sides: tuple[str, str],
    patch: TrainingPatch | None = None,
) -> None:
    """Print a table of some steps, then the result in words, and how the steps are with a patch.

    `sides` names the frameworks.
    """
    course = training.course
    held_out = f", {course.held_out.records} held out" if course.held_out else ""
    steps = f"  {course.steps} steps of {course.batch_size} out of {course.count} records{held_out}"
    console.print(Text(training.training, "bold").append(steps, "dim"), soft_wrap=True)
    rows = [_header(training, sides), *_rows(training)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, row in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        style = "bold" if number == 0 else ""
        if number and training.divergence and int(row[0]) >= training.divergence.step:
            style = "red"
        console.print(Text("  ".join(cells).rstrip(), style), soft_wrap=True)
    passes = training.verdict.passes
    console.print(Text(answer(training), "bold green" if passes else "bold red"), soft_wrap=True)
    for line in details(training):
        console.print(Text(line), soft_wrap=True)
    if patch is not None:
        console.print(Text(f"  patch: below; {_patched(patch)}"), soft_wrap=True)


def _patched(patch: TrainingPatch) -> str:
    """Return how the first steps are with a patch."""
    again = patch.again
    if again.divergence is None:
        return f"with it, the first {len(again.steps)} steps agree"
    step, kind = again.divergence.step, again.divergence.kind
    return f"with it, the sides diverge at step {step} in the {kind}"


def _header(training: TrainingComparison, sides: tuple[str, str]) -> list[str]:
    held_out = ["held out", sides[1]] if training.course.held_out else []
    measures = ["float32 diff", "rounding", "float64 diff", "allowed"]
    return ["step", f"loss {sides[0]}", sides[1], "gradient", sides[1], *held_out, *measures]


def _rows(training: TrainingComparison) -> list[list[str]]:
    shown = {*training.course.table_steps()}
    if training.divergence:
        shown.add(training.divergence.step)
    held_out = {evaluation.step: evaluation.held_out for evaluation in training.evaluations}
    rows = []
    for step in training.steps:
        if step.number not in shown:
            continue
        row = [str(step.number), *_both(step.losses), *_both(step.norms)]
        if training.course.held_out:
            row += _both(held_out.get(step.number))
        closest = step.closest_to_bound()
        row += [f"{step.largest('difference32'):.1e}", f"{step.largest('reference_error'):.1e}"]
        row += [f"{closest.difference64:.1e}", f"{closest.logic:.1e}"]
        rows.append(row)
    return rows


def _both(values: ByRun | None) -> list[str]:
    runs = ("reference32", "candidate32")
    return [f"{values[run]:.6g}" for run in runs] if values else ["", ""]


def answer(training: TrainingComparison) -> str:
    """Return the result in one sentence."""
    verdict, divergence = training.verdict, training.divergence
    if divergence is not None:
        return f"{verdict}: the sides diverge at step {divergence.step}: {divergence.root_cause}"
    if not verdict.passes:
        return f"{verdict}: {training.notes[-1] if training.notes else 'no step was run'}"
    last = [step for step in training.steps if step.judged][-1]
    return (
        f"{verdict}: the candidate trains as the reference does. After {last.number} steps, which "
        f"moved weights by up to {last.travelled:.2g}, the sides' weights differ by "
        f"{last.largest('difference32'):.1e} in float32, where the reference's own rounding error "
        f"is {last.largest('reference_error'):.1e}, and by {last.largest('difference64'):.1e} in "
        "float64"
    )


def details(training: TrainingComparison) -> list[str]:
    """Return the lines below the result: failing quantities, or notes and overfitting."""
    if training.divergence is not None:
        failing = [f"  {c.name}: {c.describe()}" for c in training.divergence.comparisons[:3]]
        return [*training.notes, *failing]
    notes = list(training.notes) if training.verdict.passes else []
    return [line for line in (*notes, describe_overfitting(training.evaluations)) if line]


def document(
    port: str,
    versions: dict[str, str],
    trainings: Sequence[TrainingComparison],
    patches: Sequence[TrainingPatch | None] = (),
) -> dict[str, Any]:
    """Return all trainings of a port as one JSON document, with every step and each one's patch."""
    patches = patches or [None] * len(trainings)
    return {
        "schema": SCHEMA,
        "port": port,
        "versions": versions,
        "verdict": str(worst(training.verdict for training in trainings)),
        "trainings": [_training(*both) for both in zip(trainings, patches, strict=True)],
    }


def _training(training: TrainingComparison, patch: TrainingPatch | None) -> dict[str, Any]:
    divergence, course = training.divergence, training.course
    return {
        "name": training.training,
        "verdict": str(training.verdict),
        "answer": answer(training),
        "overfitting": describe_overfitting(training.evaluations),
        "notes": list(training.notes),
        "input": course.records.title,
        "held_out": course.held_out.title if course.held_out else None,
        "batch_size": course.batch_size,
        "seed": course.seed,
        "divergence": None
        if divergence is None
        else {
            "step": divergence.step,
            "kind": divergence.kind,
            "root_cause": str(divergence.root_cause),
            "causes": list(divergence.root_cause.causes),
            "unknown": divergence.root_cause.unknown,
            "tried": list(divergence.root_cause.tried),
            "patch": None if patch is None else {"diff": patch.patch.diff, "with": _patched(patch)},
            "quantities": [_quantity(comparison) for comparison in divergence.comparisons],
        },
        "steps": [_step(step) for step in training.steps],
        "evaluation": [plain(asdict(evaluation)) for evaluation in training.evaluations],
    }


def _quantity(comparison: QuantityComparison) -> dict[str, Any]:
    return {**plain(asdict(comparison)), "verdict": str(comparison.verdict)}


def _step(step: Step) -> dict[str, Any]:
    measures = ("difference32", "reference_error", "candidate_error", "difference64")
    return {
        "step": step.number,
        "judged": step.judged,
        "losses": plain(step.losses),
        "gradient_norms": plain(step.norms),
        "travelled": plain(step.travelled),
        "weights": {name: plain(step.largest(name)) for name in measures},
        "closest_to_bound": _quantity(step.closest_to_bound()),
    }
