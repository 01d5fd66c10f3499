"""Recorded steps of one side: gradients and weights of sampled elements, in float64."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.arrays import Array


@dataclass(frozen=True)
class Record:
    """Steps of one side.

    Args:
        names: of the K weights.
        matrices: whether each weight has two dimensions or more, (K,).
        owner: which weight each sampled element belongs to, (N,), ascending.
        gradients: before each step, (T, N).
        weights: before each step, and after the last, (T + 1, N).
        norms: of each whole weight's gradient, (T, K).
    """

    names: tuple[str, ...]
    matrices: Array
    owner: Array
    gradients: Array
    weights: Array
    norms: Array

    @property
    def steps(self) -> int:
        """Return the number of steps."""
        return len(self.gradients)

    def elements(self, chosen: Array) -> "Record":
        """Return the record of some elements only, given as indices."""
        return replace(
            self,
            owner=self.owner[chosen],
            gradients=self.gradients[:, chosen],
            weights=self.weights[:, chosen],
        )

    def of(self, names: Sequence[str]) -> "Record":
        """Return the record of some weights only; norms stay those of all."""
        wanted = [number for number, name in enumerate(self.names) if name in names]
        return self.elements(np.flatnonzero(np.isin(self.owner, wanted)))

    def first(self, steps: int) -> "Record":
        """Return the first steps only."""
        return replace(
            self,
            gradients=self.gradients[:steps],
            weights=self.weights[: steps + 1],
            norms=self.norms[:steps],
        )

    def present(self) -> list[str]:
        """Return the names of the weights that have sampled elements."""
        return [self.names[number] for number in np.unique(self.owner)]
