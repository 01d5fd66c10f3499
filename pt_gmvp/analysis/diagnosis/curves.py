"""Learning curves: overfitting, divergence, or training that was too short.

The held-out variants are the same after every epoch, so losses are compared variant by variant,
which cancels how hard each variant is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pt_gmvp.analysis.diagnosis.estimates import SUSPICION, UNDEFINED, Estimate, mean, sigmas_for
from pt_gmvp.analysis.diagnosis.findings import Answer, Fault, Finding
from pt_gmvp.analysis.diagnosis.finished_run import FinishedRun, Predicted
from pt_gmvp.analysis.diagnosis.folds import transcripts_of

QUESTION = "learning curves"


@dataclass(frozen=True)
class Curves:
    """Summary of the learning curves.

    Attributes:
        least: the epoch with the least validation loss.
        last: the last epoch.
        rise: validation loss of the last epoch minus that of the least, by variant.
        training_fall: training loss of the least epoch minus that of the last, by step.
        training_rise: training loss of the last epoch minus its own minimum, by step.
        gain: validation loss of the epoch `since` minus that of the last.
        since: the epoch that the run's patience reaches back to from the last.
        above_constant: validation loss of the last epoch minus that of always predicting the
            share of harmful variants, by variant.
        epochs: number of epochs.
        patient: whether early stopping ended the run.
        faults: files of steps or predictions that are not finite.
    """

    least: int
    last: int
    rise: Estimate
    training_fall: Estimate
    training_rise: Estimate
    gain: Estimate
    since: int
    above_constant: Estimate
    epochs: int
    patient: bool
    faults: Sequence[str]


def measure(run: FinishedRun) -> Curves:
    """Compare the epochs of a run; raise InputError if predictions are missing."""
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
    """Return the names of files of failed steps and of predictions that are not finite."""
    found = [path.name for path in run.faults]
    if not np.isfinite(end.probabilities).all():
        found.append(run.folder.predictions(run.last).name)
    return found


def _training(line: dict[str, Any]) -> float:
    value = line["training_loss"]
    return math.inf if value is None else float(value)


def _between(run: FinishedRun, first: int, second: int) -> Estimate:
    """Return the training loss of one epoch minus that of another, with its error over batches."""
    if first == second:
        return UNDEFINED
    return _steps(run, first).minus(_steps(run, second))


def _steps(run: FinishedRun, epoch: int) -> Estimate:
    losses = [line["loss"] for line in run.steps if line["epoch"] == epoch]
    if any(loss is None for loss in losses):
        return Estimate(math.inf, 0.0, len(losses))
    return mean(np.array(losses, float))


def _patient(run: FinishedRun) -> bool:
    """Return whether the epochs since the kept one have exhausted the run's patience."""
    return run.last - run.kept >= int(run.config["training"]["patience"])


def answer(found: Curves) -> Answer:
    """Report what the curves show."""
    return Answer(QUESTION, _findings(found), numbers=found.__dict__)


def _findings(found: Curves) -> list[Finding]:
    if found.faults:
        return [Finding(f"values were not finite: {found.faults[0]}", Fault.DIVERGED)]
    # Noise also decides which of the epochs has the least loss.
    needed = sigmas_for(found.epochs)
    if found.training_rise.above(0, needed):
        text = f"the training loss itself ends {found.training_rise} above its minimum"
        return [Finding(text, Fault.DIVERGED)]
    findings = [_trend(found, needed)]
    if found.above_constant.above():
        findings.append(
            Finding(
                f"after the last epoch it is {found.above_constant} above that of always "
                "predicting the share of harmful variants"
            )
        )
    return findings


def _trend(found: Curves, needed: float) -> Finding:
    """Report how the validation loss changed towards the end."""
    if found.rise.above(0, needed):
        text = f"the validation loss rises by {found.rise} from epoch {found.least} to {found.last}"
        if found.training_fall.value > 0:
            text += f", while the training loss falls by {found.training_fall}"
            return Finding(text, Fault.OVERFITS)
        return Finding(f"{text}, but the training loss does not fall", Fault.DIVERGED)
    if not found.patient and found.gain.above():
        return Finding(
            f"the validation loss is still falling, by {found.gain} from epoch {found.since} to "
            f"the last, {found.last}, and early stopping did not end the run",
            Fault.SHORT,
        )
    if found.rise.above(0, SUSPICION) and found.training_fall.value > 0:
        return Finding(
            f"the validation loss ends {found.rise} above that of epoch {found.least}, while the "
            f"training loss falls by {found.training_fall}; the minimum over {found.epochs} epochs "
            "is partly chance, so this may be noise",
            Fault.OVERFITS,
            certain=False,
        )
    end = (
        "it neither rises nor falls beyond noise at the end"
        if found.least == found.last
        else f"its rise of {found.rise} by the last epoch is within noise"
    )
    return Finding(
        f"of {found.epochs} epochs, the validation loss is lowest after epoch {found.least}; {end}"
    )
