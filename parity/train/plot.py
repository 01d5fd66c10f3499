"""Plot of a training: losses, gradient norms, and distances between the sides' weights."""

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from parity.errors import UnavailableError
from parity.judging.oracle import ROUNDING_FACTOR
from parity.train.lockstep import ByRun, TrainingComparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_REFERENCE, _CANDIDATE, _NORM, _DIVERGENCE = "#1f4e79", "#e07b00", "#7a3b8f", "#b3261e"
_TINY = 1e-300  # the lower edge of a band on a log scale


def require() -> None:
    """Raise UnavailableError if matplotlib is not installed, before any work is done."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise UnavailableError(
            "matplotlib is not installed, and --plot needs it; "
            "install it with: pip install 'gmvp-parity[report]'"
        ) from error


def render(trainings: Sequence[TrainingComparison], sides: tuple[str, str]) -> bytes:
    """Return a PNG with one column of three panels for each training."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2 * len(trainings), 9.6), dpi=110, layout="constrained")
    panels = figure.subplots(3, len(trainings), sharex="col", squeeze=False)
    for training, column in zip(trainings, panels.T, strict=True):
        _plot_losses(column[0], training, sides)
        _plot_norms(column[1], training, sides)
        _plot_distances(column[2], training)
        for axes in column:
            _style(axes, training)
        column[0].set_title(_title(training), loc="left", fontsize=11, fontweight="bold", pad=34)
        column[2].set_xlabel("step")
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def _title(training: TrainingComparison) -> str:
    title = f"{training.training}: {training.verdict}"
    if training.divergence:
        title += f", the sides diverge at step {training.divergence.step} (dotted)"
    return title


def _style(axes: "Axes", training: TrainingComparison) -> None:
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if training.divergence:
        axes.axvline(training.divergence.step, color=_DIVERGENCE, linewidth=1.4, linestyle=":")
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


def _plot_both(
    axes: "Axes",
    steps: list[int],
    values: Sequence[ByRun],
    sides: tuple[str, str],
    label: str,
    color: str,
) -> None:
    """Plot the reference as a wide pale line and the candidate dashed on top, to show both."""
    styles: tuple[dict[str, Any], ...] = (
        {"linewidth": 3.2, "alpha": 0.4},
        {"linewidth": 1.2, "linestyle": (0, (4, 2))},
    )
    for run, side, style in zip(("reference32", "candidate32"), sides, styles, strict=True):
        line = [each[run] for each in values]
        axes.plot(steps, line, color=color, label=f"{label}, {side}", **style)


def _plot_losses(axes: "Axes", training: TrainingComparison, sides: tuple[str, str]) -> None:
    axes.plot(
        [step.number for step in training.steps],
        [step.losses["reference32"] for step in training.steps],
        color="#999999",
        linewidth=0.8,
        label="each batch",
    )
    if training.evaluations:
        steps = [each.step for each in training.evaluations]
        losses = [each.training for each in training.evaluations]
        _plot_both(axes, steps, losses, sides, "training", _REFERENCE)
        held_out = [each.held_out for each in training.evaluations if each.held_out is not None]
        if held_out:
            _plot_both(axes, steps, held_out, sides, "held out", _CANDIDATE)
    axes.set_ylabel("loss")


def _plot_norms(axes: "Axes", training: TrainingComparison, sides: tuple[str, str]) -> None:
    numbers = [step.number for step in training.steps]
    _plot_both(axes, numbers, [step.norms for step in training.steps], sides, "gradient", _NORM)
    norms = [norm for step in training.steps for norm in step.norms.values() if norm > 0]
    if norms and max(norms) > 10 * min(norms):
        axes.set_yscale("log")
    axes.set_ylabel("norm of the whole gradient")


def _plot_distances(axes: "Axes", training: TrainingComparison) -> None:
    """Plot distances on a log scale, where zeros are left out."""
    numbers = [step.number for step in training.steps]

    def line(measure: str) -> list[float]:
        return [step.largest(measure) or math.nan for step in training.steps]

    axes.set_yscale("log")
    travelled = [step.travelled or math.nan for step in training.steps]
    label = "moved since the start"
    axes.plot(numbers, travelled, color="#555555", linewidth=1.0, linestyle="--", label=label)
    drawn = travelled
    for dtype, measure, allowed, color in (
        (
            "float32",
            "difference32",
            [ROUNDING_FACTOR * value for value in line("reference_error")],
            _REFERENCE,
        ),
        ("float64", "difference64", line("logic"), _CANDIDATE),
    ):
        difference = line(measure)
        label = f"difference, {dtype}"
        axes.plot(numbers, difference, color=color, linewidth=1.8, label=label)
        axes.plot(numbers, allowed, color=color, linewidth=0.8, alpha=0.6)
        bottom, label = [_TINY] * len(numbers), f"rounding, {dtype}"
        axes.fill_between(
            numbers, bottom, allowed, color=color, alpha=0.10, linewidth=0, label=label
        )
        drawn = [*drawn, *difference, *allowed]
    finite = [value for value in drawn if math.isfinite(value)]
    if finite:
        axes.set_ylim(min(finite) / 5, max(finite) * 5)
    axes.set_ylabel("largest difference of a weight")
