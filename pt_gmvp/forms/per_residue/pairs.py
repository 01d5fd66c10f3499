"""Logits by pairs of a residue and a position of its window."""

from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.config import RESIDUE_STATES, WINDOW
from pt_gmvp.forms.per_residue.attention import Additive, Dot
from pt_gmvp.forms.per_residue.counting import FIRST, Features
from pt_gmvp.model import GMVP

# The norm of covariances that are all 0.
_LEAST_NORM = 1e-6


class PairEncoding(NamedTuple):
    """The layer that encodes pairs, by the states at the centre.

    first: (2, F), weights of the norm, and the bias.
    by_state: (22, 21 * F), zeros for the state that is none.
    """

    first: Tensor
    by_state: Tensor

    @classmethod
    def of(cls, model: GMVP) -> Self:
        """Cut the layer's weight."""
        layer = model.pairwise_encoding
        normed = layer.in_features - RESIDUE_STATES**2
        columns, norm = torch.split(layer.weight.T, [RESIDUE_STATES**2, normed])
        first = torch.cat([norm if normed else torch.zeros_like(columns[:1]), layer.bias[None]])
        by_state = columns.reshape(RESIDUE_STATES, -1)
        return cls(first, functional.pad(by_state, (0, 0, 0, 1)))

    def unrelated(self, attention: Additive | Dot) -> Tensor:
        """Logits (H,) of a pair that does not vary together."""
        row = self.first[0] * _LEAST_NORM + self.first[1]
        return attention.of_pairs(row.relu()[None])[0]


class PairLogits:
    """Where pairs are encoded, one centre after the other, so that a core's cache holds them."""

    def __init__(self, encoding: PairEncoding, attention: Additive | Dot) -> None:
        self._encoding, self._attention = encoding, attention
        width = encoding.first.shape[1]
        every = FIRST + RESIDUE_STATES * len(encoding.by_state)
        self._kernel = encoding.first.new_empty(every, width)
        self._kernel[:FIRST] = encoding.first
        self._pairs = encoding.first.new_empty(WINDOW, width)

    def logits(self, features: Features, apart: Tensor | None) -> Tensor:
        """Make logits (P, H) of features.

        Args:
            features: of P pairs.
            apart: () int64, a state of the centre that was not counted, as its covariances are
                what those of the counted ones are short of 0.
        """
        length, columns = features.rows.shape
        kernel = self._kernel[FIRST:columns].view(len(features.states), -1)
        by_state = self._encoding.by_state
        torch.index_select(by_state, 0, features.states, out=kernel)
        if apart is not None:
            kernel -= by_state[apart]
        encoded = torch.mm(features.rows, self._kernel[:columns], out=self._pairs[:length]).relu_()
        return self._attention.of_pairs(encoded)
