"""Whether a model overfits, as far as its losses in evaluation tell, and whether both sides do."""

from collections.abc import Sequence
from dataclasses import dataclass

from parity.train.lockstep import Look


@dataclass(frozen=True)
class Fate:
    """How the loss of the held-out records went on one side: where it was least, and its end.

    `training` holds the loss of the training's own records at the same two steps.
    """

    least_step: int
    least: float
    end: float
    training: tuple[float, float]

    @property
    def rises(self) -> bool:
        """Whether held-out records are worse at the end than they were."""
        return self.end > self.least

    @property
    def overfits(self) -> bool:
        """Whether they got worse while the training's own records got better."""
        return self.rises and self.training[1] < self.training[0]


def fate(looks: Sequence[Look], run: str) -> Fate | None:
    """The fate of a run such as "reference32"; None where nothing was held out."""
    held_out = [look.held_out[run] for look in looks if look.held_out is not None]
    if not held_out:
        return None
    least = min(range(len(held_out)), key=held_out.__getitem__)
    training = [look.training[run] for look in looks]
    return Fate(looks[least].step, held_out[least], held_out[-1], (training[least], training[-1]))


def answer(looks: Sequence[Look]) -> str:
    """What the held-out records say, in a sentence; "" where there are none."""
    reference, candidate = fate(looks, "reference32"), fate(looks, "candidate32")
    if reference is None or candidate is None:
        return ""
    if reference.overfits and candidate.overfits:
        return (
            f"the model overfits, and the original does so too: the held-out loss is least "
            f"{_after(reference)} ({reference.least:.4g}) and rises to {reference.end:.4g} and "
            f"{candidate.end:.4g}, while that of the training records falls to "
            f"{reference.training[1]:.4g} and {candidate.training[1]:.4g}"
        )
    if reference.overfits != candidate.overfits:
        one = "candidate" if candidate.overfits else "original"
        return (
            f"only the {one} overfits: the held-out loss ends at {reference.end:.4g} in the "
            f"original and at {candidate.end:.4g} in the candidate"
        )
    if reference.rises:
        return (
            f"the held-out loss rises from {reference.least:.4g} {_after(reference)} to "
            f"{reference.end:.4g}, and so does the training's: no overfitting, the training itself "
            "goes astray, in the original too"
        )
    return (
        f"the held-out loss falls to the end, {reference.end:.4g} and {candidate.end:.4g}: no "
        "overfitting within these steps"
    )


def _after(fate: Fate) -> str:
    return f"after step {fate.least_step}" if fate.least_step else "before the first step"
