"""The arrays of the four runs of one case, and what is known beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parity.arrays import Arrays
from parity.judging.cancellation import Sizes


@dataclass(frozen=True)
class Runs:
    """The named outputs of the four runs of one case; a float64 run is None if it cannot be had.

    `reduction` is the longest sum in the computation; it is used only where float64 cannot be had,
    and of what cancels.
    Outputs named in `samples` are random, and their distributions are compared instead of values.
    `held_as` names, for either side, dtypes that numpy has not (see `Trace`).
    `reference_errors` may hold float32 errors that the reference was seen to make in an output
    elsewhere; the largest of those and of this run's own counts. `jumps` may say how far kinks may
    throw a gradient in float32. `sizes` are of the numbers that the layer was given.
    """

    reference32: Arrays
    candidate32: Arrays
    reference64: Arrays | None
    candidate64: Arrays | None
    reduction: int = 1
    samples: tuple[str, ...] = ()
    reference_errors: Mapping[str, float] = field(default_factory=dict)
    held_as: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    jumps: Mapping[str, float] = field(default_factory=dict)
    sizes: Sizes = field(default_factory=Sizes)

    def dtypes(self, name: str) -> tuple[str, str]:
        """What the reference and the candidate hold an output of the float32 runs in."""
        reference, candidate = self.held_as
        return (
            reference.get(name, str(self.reference32[name].dtype)),
            candidate.get(name, str(self.candidate32[name].dtype)),
        )
