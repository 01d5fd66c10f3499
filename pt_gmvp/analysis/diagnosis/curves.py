"""How training and validation went: overfitting, divergence, or an end that came too soon.

The held-out variants are the same after every epoch, so their losses are compared one by one: what
is hard in some of them falls out.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.finished import FinishedRun, Predicted
from pt_gmvp.analysis.diagnosis.folds import transcripts_of
from pt_gmvp.analysis.diagnosis.noise import SUSPICION, UNDEFINED, Estimate, mean, sigmas_for

QUESTION = "learning curves"


@dataclass(frozen=True)
class Curves:
    """What the curves come to.

    Attributes:
        least: the epoch with the least validation loss.
        last: the last epoch.
        rise: validation loss of the last epoch less that of the least, by variant.
        training_fall: training loss of the least epoch less that of the last, by step.
        training_rise: training loss of the last epoch less that of its own least, by step.
        gain: validation loss of an epoch that patience reaches back to, less that of the last.
        since: that epoch.
        knowing_nothing: validation loss of the last epoch less that of always saying how many of
            the held-out variants are harmful, by variant.
        epochs: how many there are.
        patient: whether early stopping ended the run.
        faults: what is not finite: files of steps that went wrong, or of predictions.
    """

    least: int
    last: int
    rise: Estimate
    training_fall: Estimate
    training_rise: Estimate
    gain: Estimate
    since: int
    knowing_nothing: Estimate
    epochs: int
    patient: bool
    faults: Sequence[str]


def measure(run: FinishedRun) -> Curves:
    """Compare the epochs of a run; DiagnosisError if predictions have gone."""
    by_epoch = {line["epoch"]: line for line in run.epochs}
    valued = [line for line in run.epochs if line["loss"] is not None]
    least = int(min(valued, key=lambda line: line["loss"])["epoch"]) if valued else run.last
    easiest = int(min(run.epochs, key=_training)["epoch"])
    patience = int(run.config["training"]["patience"])
    since = max(run.last - patience, min(by_epoch))
    end = run.predicted(run.last)
    genes = transcripts_of(end.names)

    def later(epoch: int) -> Estimate:
        return (
            UNDEFINED
            if epoch == run.last
            else mean(end.losses - run.predicted(epoch).losses, genes)
        )

    gain, share = later(since), float(end.labels.mean())
    constant = np.where(end.labels == 1, share, 1 - share)
    return Curves(
        least,
        run.last,
        later(least),
        _between(run, least, run.last),
        _between(run, run.last, easiest),
        Estimate(-gain.value, gain.error, gain.variants),
        since,
        mean(end.losses + np.log(constant), genes) if 0 < share < 1 else UNDEFINED,
        len(run.epochs),
        _patient(run),
        _not_finite(run, end),
    )


def _not_finite(run: FinishedRun, end: Predicted) -> list[str]:
    """Steps that went wrong, and predictions that are no numbers."""
    found = [path.name for path in run.faults]
    if not np.isfinite(end.probabilities).all():
        found.append(run.folder.predictions(run.last).name)
    return found


def _training(line: dict[str, Any]) -> float:
    value = line["training_loss"]
    return math.inf if value is None else float(value)


def _between(run: FinishedRun, first: int, second: int) -> Estimate:
    """Training loss of one epoch less that of another, with the error that batches give it."""
    if first == second:
        return UNDEFINED
    return _steps(run, first).minus(_steps(run, second))


def _steps(run: FinishedRun, epoch: int) -> Estimate:
    losses = [line["loss"] for line in run.steps if line["epoch"] == epoch]
    if any(loss is None for loss in losses):
        return Estimate(math.inf, 0.0, len(losses))
    return mean(np.array(losses, float))


def _patient(run: FinishedRun) -> bool:
    """Whether the epochs since the kept one are as many as the run's patience."""
    return run.last - run.kept >= int(run.config["training"]["patience"])


def answer(found: Curves) -> Answer:
    """Say what the curves show."""
    return Answer(QUESTION, _findings(found), numbers=found.__dict__)


def _findings(found: Curves) -> list[Finding]:
    if found.faults:
        return [Finding(f"not all was finite: {found.faults[0]}", Fault.DIVERGED)]
    # The least of E epochs is chosen by the noise, too.
    needed = sigmas_for(found.epochs)
    if found.training_rise.above(0, needed):
        text = f"the training loss itself ends {found.training_rise} above its least"
        return [Finding(text, Fault.DIVERGED)]
    told = [_course(found, needed)]
    if found.knowing_nothing.above():
        told.append(
            Finding(
                f"after the last epoch it is {found.knowing_nothing} above that of always giving "
                "the share of harmful variants"
            )
        )
    return told


def _course(found: Curves, needed: float) -> Finding:
    """Say which way the validation loss went at the end."""
    if found.rise.above(0, needed):
        text = f"the validation loss rises by {found.rise} from epoch {found.least} to {found.last}"
        if found.training_fall.value > 0:
            text += f", while the training loss falls by {found.training_fall}"
            return Finding(text, Fault.OVERFITS)
        return Finding(f"{text}, and the training loss does not fall meanwhile", Fault.DIVERGED)
    if not found.patient and found.gain.above():
        return Finding(
            f"the validation loss still falls, by {found.gain} from epoch {found.since} to the "
            f"last, {found.last}, and no patience ended the run",
            Fault.SHORT,
        )
    if found.rise.above(0, SUSPICION) and found.training_fall.value > 0:
        return Finding(
            f"the validation loss ends {found.rise} above that of epoch {found.least}, while the "
            f"training loss falls by {found.training_fall}; as the least of {found.epochs} epochs "
            "is so by chance, too, that may be noise",
            Fault.OVERFITS,
            certain=False,
        )
    return Finding(
        f"of {found.epochs} epochs the validation loss is least after {found.least}, and "
        f"{_after(found)}"
    )


def _after(found: Curves) -> str:
    if found.least == found.last:
        return "it neither rises nor falls beyond noise at the end"
    return f"its rise of {found.rise} until the last is within noise"
