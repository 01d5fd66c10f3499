"""A training as a picture: losses, gradient norms, and how far the weights of the sides part."""

import io
import math
from collections.abc import Sequence
from typing import Any

from parity.errors import UnavailableError
from parity.judging.oracle import ROUNDING_FACTOR
from parity.train.lockstep import Lesson

_REFERENCE, _CANDIDATE, _NORM, _FAULT = "#1f4e79", "#e07b00", "#7a3b8f", "#b3261e"
_NOUGHT = 1e-300  # the lower edge of a band on a log scale


def require() -> None:
    """Raise UnavailableError if matplotlib is not installed, before any work is done."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise UnavailableError(
            "matplotlib is not installed, and --plot needs it; "
            "install it with: pip install 'gmvp-parity[report]'"
        ) from error


def render(lessons: Sequence[Lesson], sides: tuple[str, str]) -> bytes:
    """A PNG with a column of three panels for each training."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2 * len(lessons), 9.6), dpi=110, layout="constrained")
    panels = figure.subplots(3, len(lessons), sharex="col", squeeze=False)
    for lesson, column in zip(lessons, panels.T, strict=True):
        _losses(column[0], lesson, sides)
        _norms(column[1], lesson, sides)
        _distances(column[2], lesson)
        for axes in column:
            _frame(axes, lesson)
        column[0].set_title(_title(lesson), loc="left", fontsize=11, fontweight="bold", pad=34)
        column[2].set_xlabel("step")
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def _title(lesson: Lesson) -> str:
    at = f", the sides part at step {lesson.fault.step} (dotted)" if lesson.fault else ""
    return f"{lesson.training}: {lesson.verdict}{at}"


def _frame(axes: Any, lesson: Lesson) -> None:
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if lesson.fault:
        axes.axvline(lesson.fault.step, color=_FAULT, linewidth=1.4, linestyle=":")
    axes.legend(
        fontsize=8,
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=3,
        borderaxespad=0.3,
        handlelength=2.2,
        columnspacing=1.4,
    )


def _both(
    axes: Any,
    x: list[int],
    four: Sequence[dict[str, float]],
    sides: tuple[str, str],
    label: str,
    color: str,
    **style: Any,
) -> None:
    """The reference as a wide pale line, the candidate dashed upon it, so that both are seen."""
    reference = [each["reference32"] for each in four]
    candidate = [each["candidate32"] for each in four]
    axes.plot(
        x, reference, color=color, linewidth=3.2, alpha=0.4, label=f"{label}, {sides[0]}", **style
    )
    axes.plot(
        x,
        candidate,
        color=color,
        linewidth=1.2,
        linestyle=(0, (4, 2)),
        label=f"{label}, {sides[1]}",
        **style,
    )


def _losses(axes: Any, lesson: Lesson, sides: tuple[str, str]) -> None:
    numbers = [step.number for step in lesson.steps]
    axes.plot(
        numbers,
        [step.losses["reference32"] for step in lesson.steps],
        color="#999999",
        linewidth=0.8,
        label="each batch",
    )
    if lesson.looks:
        looked = [look.step for look in lesson.looks]
        training = [look.training for look in lesson.looks]
        _both(axes, looked, training, sides, "training", _REFERENCE)
        held = [look.held_out for look in lesson.looks if look.held_out is not None]
        if held:
            _both(axes, looked, held, sides, "held out", _CANDIDATE)
    axes.set_ylabel("loss")


def _norms(axes: Any, lesson: Lesson, sides: tuple[str, str]) -> None:
    numbers = [step.number for step in lesson.steps]
    _both(axes, numbers, [step.norms for step in lesson.steps], sides, "gradient", _NORM)
    found = [norm for step in lesson.steps for norm in step.norms.values() if norm > 0]
    if found and max(found) > 10 * min(found):
        axes.set_yscale("log")
    axes.set_ylabel("norm of the whole gradient")


def _distances(axes: Any, lesson: Lesson) -> None:
    """Zeros, which no log scale has, are left out."""
    numbers = [step.number for step in lesson.steps]

    def line(measure: str) -> list[float]:
        return [step.apart(measure) or float("nan") for step in lesson.steps]

    axes.set_yscale("log")
    travelled = [step.travelled or float("nan") for step in lesson.steps]
    axes.plot(
        numbers,
        travelled,
        color="#555555",
        linewidth=1.0,
        linestyle="--",
        label="moved since the start",
    )
    drawn = travelled
    for digits, allowed, color in (
        ("32", [ROUNDING_FACTOR * value for value in line("reference_error")], _REFERENCE),
        ("64", line("logic"), _CANDIDATE),
    ):
        apart = line(f"apart{digits}")
        axes.plot(numbers, apart, color=color, linewidth=1.8, label=f"apart, float{digits}")
        axes.plot(numbers, allowed, color=color, linewidth=0.8, alpha=0.6)
        axes.fill_between(
            numbers,
            [_NOUGHT] * len(numbers),
            allowed,
            color=color,
            alpha=0.10,
            linewidth=0,
            label=f"rounding, float{digits}",
        )
        drawn = [*drawn, *apart, *allowed]
    finite = [value for value in drawn if math.isfinite(value)]
    if finite:
        axes.set_ylim(min(finite) / 5, max(finite) * 5)
    axes.set_ylabel("largest difference of a weight")
