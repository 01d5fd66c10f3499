"""The four runs of a case: reference and candidate, each in float32 and in float64."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from parity.arrays import Array, Arrays

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class FourRuns(Generic[T]):
    """The same item from each of the four runs: a trace, named arrays, or one array.

    It is None for a float64 run that is not available.
    """

    reference32: T
    candidate32: T
    reference64: T | None
    candidate64: T | None

    def map(self, function: Callable[[T], U]) -> "FourRuns[U]":
        """Apply a function to each run; None stays None."""
        return FourRuns(
            function(self.reference32),
            function(self.candidate32),
            None if self.reference64 is None else function(self.reference64),
            None if self.candidate64 is None else function(self.candidate64),
        )

    @property
    def both64(self) -> tuple[T, T]:
        """Return the float64 runs of reference and candidate, which must both be available."""
        assert self.reference64 is not None
        assert self.candidate64 is not None
        return self.reference64, self.candidate64

    @property
    def by_side(self) -> tuple[tuple[T, T], tuple[T, T]]:
        """Return the float32 and float64 runs of the reference, then those of the candidate."""
        reference64, candidate64 = self.both64
        return (self.reference32, reference64), (self.candidate32, candidate64)


@dataclass(frozen=True)
class Context:
    """Context of a verdict besides the outputs of the four runs.

    Args:
        reduction: the longest sum in the computation.
        samples: outputs that are random samples; their distributions are compared, not their
            values.
        stored_dtypes: for reference and candidate, the dtype of outputs that numpy cannot express.
        given: the inputs and weights of the layer.
        reference_errors: by output, the reference's float32 error sampled on ulp-perturbed runs.
        gradient_jumps: by output, how far a kink may move a gradient in float32.
        float32_errors: by output, how far what is computed in float32 in the float64 runs may be
            off.
        moves: by output, how far float32 moves the reference when all that it is given moves by an
            ulp; for a case without float64.
        summed: the longest sum in the gradient by a weight: records, times frames.
    """

    reduction: int = 1
    samples: tuple[str, ...] = ()
    stored_dtypes: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
    given: tuple[Array, ...] = ()
    reference_errors: Mapping[str, float] = field(default_factory=dict)
    gradient_jumps: Mapping[str, float] = field(default_factory=dict)
    float32_errors: Mapping[str, float] = field(default_factory=dict)
    moves: Mapping[str, float] = field(default_factory=dict)
    summed: int = 1

    def dtypes(self, name: str, runs: FourRuns[Arrays]) -> tuple[str, str]:
        """Return the dtype of an output of the float32 runs, of reference and candidate."""
        reference, candidate = self.stored_dtypes
        return (
            reference.get(name, str(runs.reference32[name].dtype)),
            candidate.get(name, str(runs.candidate32[name].dtype)),
        )
