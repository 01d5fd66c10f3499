"""Overfitting on either side, as shown by the evaluation losses."""

from collections.abc import Sequence
from dataclasses import dataclass

from parity.train.lockstep import Evaluation


@dataclass(frozen=True)
class HeldOutLoss:
    """Course of the held-out loss on one side: its minimum and its end.

    `training` holds the loss of the training records at the same two steps.
    """

    lowest_step: int
    lowest: float
    end: float
    training: tuple[float, float]

    @property
    def rises(self) -> bool:
        """Return True if the held-out loss ends above its minimum."""
        return self.end > self.lowest

    @property
    def overfits(self) -> bool:
        """Return True if the held-out loss rises while the training loss falls."""
        return self.rises and self.training[1] < self.training[0]


def held_out_loss(evaluations: Sequence[Evaluation], run: str) -> HeldOutLoss | None:
    """Return the held-out loss of a run such as "reference32"; None if nothing was held out."""
    held_out = [each.held_out[run] for each in evaluations if each.held_out is not None]
    if not held_out:
        return None
    lowest = min(range(len(held_out)), key=held_out.__getitem__)
    training = [each.training[run] for each in evaluations]
    return HeldOutLoss(
        evaluations[lowest].step,
        held_out[lowest],
        held_out[-1],
        (training[lowest], training[-1]),
    )


def describe_overfitting(evaluations: Sequence[Evaluation]) -> str:
    """Return in one sentence whether the sides overfit; "" if no records were held out."""
    reference = held_out_loss(evaluations, "reference32")
    candidate = held_out_loss(evaluations, "candidate32")
    if reference is None or candidate is None:
        return ""
    step = reference.lowest_step
    when = f"after step {step}" if step else "before the first step"
    if reference.overfits and candidate.overfits:
        return (
            f"the model overfits on both sides: the held-out loss is lowest {when} "
            f"({reference.lowest:.4g}) and rises to {reference.end:.4g} in the reference and "
            f"{candidate.end:.4g} in the candidate, while the training loss falls to "
            f"{reference.training[1]:.4g} and {candidate.training[1]:.4g}"
        )
    if reference.overfits != candidate.overfits:
        one = "candidate" if candidate.overfits else "reference"
        return (
            f"only the {one} overfits: the held-out loss ends at {reference.end:.4g} in the "
            f"reference and at {candidate.end:.4g} in the candidate"
        )
    if reference.rises:
        return (
            f"the held-out loss rises from {reference.lowest:.4g} {when} to {reference.end:.4g}, "
            "and so does the training loss: this is not overfitting; the training itself diverges, "
            "in the reference too"
        )
    return (
        f"the held-out loss falls to the end, to {reference.end:.4g} in the reference and "
        f"{candidate.end:.4g} in the candidate: no overfitting within these steps"
    )
