"""Result of trying a map: which layers and outputs agree under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parity.declaring.model_sides import Layer
from parity.judging import oracle

# In float32, sums over a whole layer round.
AGREES = {"float64": 4 * oracle.EPS32, "float32": 1024 * oracle.EPS32}
# Closer than this, only a float64 run without any constant in float32 agrees.
_EXACT = 1e-11


@dataclass(frozen=True)
class Trial:
    """Result of trying a map: the error of each output, and of each layer that both sides have.

    Errors are relative to the scale of the reference's values. `alone` holds those of layers that
    disagree in the whole model, run again on the reference's own input. `composites` are layers
    made of several that agree; they are among the intermediates. `matches` pairs the layers of the
    reference and of the candidate that are given the same tensor, by their paths. Errors agree if
    they are `within` a limit.

    In an `aligned` trial, each layer of the candidate passed on what the reference's returns. The
    errors of intermediates are then those of what the layers are given, `alone` has those of what
    they return, for every layer, and the outputs agree by the reference's help: not by themselves.
    """

    outputs: Mapping[str, float]
    intermediates: Mapping[str, float]
    alone: Mapping[str, float] = field(default_factory=dict)
    composites: tuple[Layer, ...] = ()
    matches: frozenset[tuple[str, str]] = frozenset()
    within: float = AGREES["float64"]
    aligned: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        """Return the score, and how many values agree even beyond what float32 can show."""
        values = [*self.outputs.values(), *self.intermediates.values()]
        return self.score, sum(value <= _EXACT for value in values)

    @property
    def score(self) -> int:
        """Return how much agrees; a layer that agrees only on the right input counts half."""
        values = [*self.outputs.values(), *self.intermediates.values()]
        return 2 * sum(map(self._agrees, values)) + sum(map(self._agrees, self.alone.values()))

    @property
    def full_score(self) -> int:
        """Return the score if everything agreed."""
        full = 2 * (len(self.outputs) + len(self.intermediates))
        return full + len(self.alone) if self.aligned else full

    @property
    def agrees(self) -> bool:
        """Return whether all outputs agree."""
        errors = self.outputs.values()
        return not self.aligned and bool(errors) and all(map(self._agrees, errors))

    @property
    def agrees_exactly(self) -> bool:
        """Return whether all outputs agree even beyond what float32 can show."""
        return self.agrees and max(self.outputs.values()) <= _EXACT

    @property
    def differing(self) -> tuple[str, ...]:
        """Return the layers that agree neither in the whole model nor alone."""
        return tuple(layer for layer in self.intermediates if not self.confirms(layer))

    def error(self, layer: str) -> float:
        """Return the smallest error of a layer, in the whole model or alone.

        In an aligned trial, the larger one of what it is given and of what it returns.
        """
        missing = float("inf")
        if self.aligned:
            return max(self.intermediates.get(layer, missing), self.alone.get(layer, 0.0))
        return min(self.intermediates.get(layer, missing), self.alone.get(layer, missing))

    def agrees_in_place(self, layer: str) -> bool:
        """Return whether a layer agrees in the whole model."""
        return self._agrees(self.intermediates.get(layer, float("inf")))

    def confirms(self, layer: str) -> bool:
        """Return whether a layer agrees, in the whole model or alone."""
        return self._agrees(self.error(layer))

    def _agrees(self, error: float) -> bool:
        return error <= self.within
