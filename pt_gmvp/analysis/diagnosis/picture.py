"""Picture of the evidence; matplotlib is imported when it is drawn."""

import math
import textwrap
from pathlib import Path
from typing import Any

from converters.atomic import file_beside
from pt_gmvp.analysis.diagnosis import balance, calibration, gap, leakage, shuffle
from pt_gmvp.analysis.diagnosis.estimates import Estimate
from pt_gmvp.analysis.diagnosis.finished_run import FinishedRun
from pt_gmvp.analysis.diagnosis.verdict import Verdict

_TRAINING, _VALIDATION, _GREY = "#1f4e79", "#e07b00", "#777777"


def draw(path: Path, run: FinishedRun, verdict: Verdict) -> None:
    """Draw learning curves, calibration, AUROCs with errors, and genes, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 9), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2)
    numbers = {answer.question: answer.numbers for answer in verdict.answers if answer.numbers}
    _curves(panels[0, 0], run)
    _reliability(panels[0, 1], numbers.get(calibration.QUESTION))
    _ranks(panels[1, 0], numbers)
    _genes(panels[1, 1], numbers.get(balance.QUESTION))
    for axes in panels.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    title = "\n".join(textwrap.wrap(verdict.sentence, 110))
    figure.suptitle(title, fontsize=13, fontweight="bold", x=0.01, ha="left")
    with file_beside(path) as partial:
        figure.savefig(partial, format="png", dpi=100)


def _curves(axes: Any, run: FinishedRun) -> None:
    from matplotlib.ticker import MaxNLocator

    epochs = [line["epoch"] for line in run.epochs]
    for name, label, color in (
        ("training_loss", "training, with dropout", _TRAINING),
        ("loss", "validation", _VALIDATION),
    ):
        values = [math.nan if line[name] is None else line[name] for line in run.epochs]
        axes.plot(epochs, values, marker=".", color=color, label=label)
    axes.axvline(run.kept, color=_GREY, linestyle=":", label=f"weights kept, epoch {run.kept}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel("mean loss")
    axes.set_title("learning curves", loc="left")
    axes.legend(frameon=False)


def _reliability(axes: Any, numbers: Any) -> None:
    if numbers is None:
        _skipped(axes, "calibration")
        return
    bins = numbers["bins"]
    x, y = [b["predicted"] for b in bins], [b["observed"] for b in bins]
    # Standard error of the observed share if the probabilities are right.
    spread = [math.sqrt(p * (1 - p) / b["variants"]) for p, b in zip(x, bins, strict=True)]
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--", label="perfect")
    axes.fill_between(
        x,
        [p - 2 * s for p, s in zip(x, spread, strict=True)],
        [p + 2 * s for p, s in zip(x, spread, strict=True)],
        color=_GREY,
        alpha=0.2,
        linewidth=0,
        label="two standard errors by chance",
    )
    axes.plot(x, y, marker="o", color=_VALIDATION, label=f"bins of about {bins[0]['variants']}")
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    axes.set_xlabel("mean probability")
    axes.set_ylabel("share of harmful variants")
    axes.set_title(f"calibration, error {numbers['error']:.3f}", loc="left")
    axes.legend(frameon=False, loc="upper left")


def _ranks(axes: Any, numbers: Any) -> None:
    """Draw all AUROCs with three standard errors."""
    found = [row for row in _estimates(numbers) if math.isfinite(row[1].value)]
    places = range(len(found), 0, -1)
    for place, (_, value, color) in zip(places, found, strict=True):
        axes.errorbar(
            value.value, place, xerr=3 * value.error, fmt="o", color=color, capsize=3, linewidth=1.6
        )
    axes.axvline(0.5, color=_GREY, linestyle="--")
    axes.set_yticks(list(places), [name for name, _, _ in found])
    axes.set_ylim(0.4, len(found) + 0.6)
    axes.set_xlabel("AUROC, with three standard errors")
    axes.set_title("AUROCs compared", loc="left")


def _estimates(numbers: Any) -> list[tuple[str, Estimate, str]]:
    rows: list[tuple[str, Estimate, str]] = []
    if gap.QUESTION in numbers:
        rows.append(("model, training", numbers[gap.QUESTION]["training_auroc"], _TRAINING))
        rows.append(("model, held out", numbers[gap.QUESTION]["validation_auroc"], _VALIDATION))
    if balance.QUESTION in numbers:
        rows.append(("  within genes", numbers[balance.QUESTION]["within"], _VALIDATION))
        rows.append(("the gene alone", numbers[balance.QUESTION]["gene"], _GREY))
    for key, shared in numbers.get(leakage.QUESTION, {}).items():
        if shared["variants"]:
            rows.append((f"  {key} shared", shared["leaked"], _VALIDATION))
            rows.append((f"  {key} not shared", shared["clean"], _VALIDATION))
    if shuffle.QUESTION in numbers:
        for name in ("true", "permuted"):
            values = [each["auroc"] for each in numbers[shuffle.QUESTION][name]]
            centre = sum(values) / len(values)
            spread = sum((value - centre) ** 2 for value in values)
            error = math.sqrt(spread / (len(values) - 1) / len(values))
            rows.append((f"short, {name} labels", Estimate(centre, error, len(values)), _GREY))
    return rows


def _genes(axes: Any, numbers: Any) -> None:
    if numbers is None:
        _skipped(axes, "class balance by gene")
        return
    axes.set_title("class balance by gene", loc="left")
    for fold, color in (("training", _TRAINING), ("validation", _VALIDATION)):
        genes = [each for each in numbers["genes"] if each[fold]]
        axes.scatter(
            [each[fold] for each in genes],
            [each[f"{fold}_harmful"] / each[fold] for each in genes],
            color=color,
            alpha=0.6,
            s=22,
            label=fold,
        )
    axes.set(xscale="log", ylim=(-0.04, 1.04))
    axes.set_xlabel("variants of the gene")
    axes.set_ylabel("share of harmful variants")
    axes.legend(frameon=False)


def _skipped(axes: Any, title: str) -> None:
    axes.set_title(title, loc="left")
    axes.text(0.5, 0.5, "skipped", ha="center", transform=axes.transAxes, color=_GREY)
