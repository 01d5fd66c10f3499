"""A training as a table and an answer in words, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from parity.judging.verdict import Verdict, worst
from parity.report.json import plain
from parity.train.lockstep import Lesson, Step
from parity.train.overfitting import answer as overfits


def print_lesson(console: Console, lesson: Lesson, sides: tuple[str, str]) -> None:
    """The table of some steps, then what it comes to."""
    course = lesson.course
    held = f", {len_of(course.held_out)} held out" if course.held_out else ""
    title = Text(f"{lesson.training}", "bold").append(
        f"  {course.steps} steps of {course.batch_size} out of {course.count} records{held}", "dim"
    )
    console.print(title, soft_wrap=True)
    rows = [_header(lesson, sides), *_rows(lesson)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        style = "bold" if number == 0 else _style(lesson, row)
        console.print(Text("  ".join(cells).rstrip(), style), soft_wrap=True)
    print_answer(console, lesson)


def len_of(inputs: Any) -> int:
    """How many records an input set holds."""
    return max(len(array) for array in inputs.arrays.values())


def _header(lesson: Lesson, sides: tuple[str, str]) -> list[str]:
    held = ["held out", sides[1]] if lesson.course.held_out else []
    measures = ["float32 apart", "rounding", "float64 apart", "allowed"]
    return ["step", f"loss {sides[0]}", sides[1], "gradient", sides[1], *held, *measures]


def _rows(lesson: Lesson) -> list[list[str]]:
    shown = {*lesson.course.shown(), *([lesson.fault.step] if lesson.fault else [])}
    looks = {look.step: look.held_out for look in lesson.looks}
    rows = []
    for step in lesson.steps:
        if step.number not in shown:
            continue
        row = [str(step.number), *_both(step.losses), *_both(step.norms)]
        if lesson.course.held_out:
            held = looks.get(step.number)
            row += _both(held) if held else ["", ""]
        nearest = step.nearest()
        row += [f"{step.apart('apart32'):.1e}", f"{step.apart('reference_error'):.1e}"]
        row += [f"{nearest.apart64:.1e}", f"{nearest.logic:.1e}"]
        rows.append(row)
    return rows


def _both(four: dict[str, float]) -> list[str]:
    return [f"{four[run]:.6g}" for run in ("reference32", "candidate32")]


def _style(lesson: Lesson, row: list[str]) -> str:
    return "red" if lesson.fault and int(row[0]) >= lesson.fault.step else ""


def print_answer(console: Console, lesson: Lesson) -> None:
    """Whether the port is wrong, where, and whether the model overfits."""
    style = "bold green" if lesson.verdict.passes else "bold red"
    console.print(Text(answer(lesson), style), soft_wrap=True)
    for line in details(lesson):
        console.print(Text(line), soft_wrap=True)


def answer(lesson: Lesson) -> str:
    """The answer in a sentence."""
    if lesson.fault is not None:
        return f"{lesson.verdict}: the sides part at step {lesson.fault.step}: {lesson.fault.cause}"
    if not lesson.verdict.passes:
        return f"{lesson.verdict}: {lesson.notes[-1] if lesson.notes else 'no step was made'}"
    judged = [step for step in lesson.steps if step.judged]
    last = judged[-1]
    return (
        f"{lesson.verdict}: the port trains as the original does. After {last.number} steps the "
        f"weights, moved by up to {last.travelled:.2g}, are apart by {last.apart('apart32'):.1e} "
        f"in float32, where the original's own rounding comes to "
        f"{last.apart('reference_error'):.1e}, and by {last.apart('apart64'):.1e} in float64"
    )


def details(lesson: Lesson) -> list[str]:
    """What is to be said beside the answer, a line each."""
    found = [] if not lesson.verdict.passes and not lesson.fault else list(lesson.notes)
    if lesson.fault is not None:
        for figure in lesson.fault.figures[:3]:
            found.append(f"  {figure.name}: {figure.words()}")
        return found
    said = overfits(lesson.looks)
    return [*found, said] if said else found


def document(port: str, versions: dict[str, str], lessons: Sequence[Lesson]) -> dict[str, Any]:
    """All trainings of a port for programs: every step, every look, and the answer."""
    return {
        "port": port,
        "versions": versions,
        "verdict": str(worst(lesson.verdict for lesson in lessons)),
        "trainings": [_lesson(lesson) for lesson in lessons],
    }


def _lesson(lesson: Lesson) -> dict[str, Any]:
    fault, course = lesson.fault, lesson.course
    return {
        "name": lesson.training,
        "verdict": str(lesson.verdict),
        "answer": answer(lesson),
        "overfitting": overfits(lesson.looks),
        "notes": list(lesson.notes),
        "input": course.records.title,
        "held_out": course.held_out.title if course.held_out else None,
        "batch_size": course.batch_size,
        "seed": course.seed,
        "fault": None
        if fault is None
        else {
            "step": fault.step,
            "kind": fault.kind,
            "cause": fault.cause,
            "quantities": [_figure(figure) for figure in fault.figures],
        },
        "steps": [_step(step) for step in lesson.steps],
        "evaluation": [
            {key: plain(value) for key, value in asdict(look).items()} for look in lesson.looks
        ],
    }


def _figure(figure: Any) -> dict[str, Any]:
    fields = {key: plain(value) for key, value in asdict(figure).items()}
    return {**fields, "verdict": str(figure.verdict)}


def _step(step: Step) -> dict[str, Any]:
    nearest = step.nearest()
    return {
        "step": step.number,
        "judged": step.judged,
        "losses": plain(step.losses),
        "gradient_norms": plain(step.norms),
        "travelled": plain(step.travelled),
        "weights": {
            name: plain(step.apart(name))
            for name in ("apart32", "reference_error", "candidate_error", "apart64")
        },
        "nearest_to_its_bound": _figure(nearest),
    }


def exit_code(lessons: Sequence[Lesson]) -> int:
    """As for a check: 0 all pass, 1 a mismatch, 2 something was not compared."""
    if any(lesson.verdict.mismatch for lesson in lessons):
        return 1
    verdict = worst(lesson.verdict for lesson in lessons)
    return 2 if verdict is Verdict.NOT_COMPARED else 0
