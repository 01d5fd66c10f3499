"""Attention of a residue's substitutions, S of the 20 or all, over the window that they share.

A score has a part from the substitution and a part from the position, which are computed separately
and combined here. The division by sqrt(D) is already in their weights.
"""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor
from torch.nn import functional

from converters.columns import WINDOW
from pt_gmvp.attention import LEAKY_SLOPE, MultiHeadAttention
from pt_gmvp.forms.fast.attention import fold, make_keys

Layer = tuple[Tensor, Tensor]


class Additive(NamedTuple):
    """Scores of type "add" and "nn": leaky_relu of a sum of three terms, H numbers each.

    query, key, pairs: (H, F).
    to_positions, to_slot: (H,), constant terms of all positions' logits, and of the slot's.
    """

    query: Tensor
    key: Tensor
    pairs: Tensor
    to_positions: Tensor
    to_slot: Tensor

    @classmethod
    def of(cls, mha: MultiHeadAttention) -> Self:
        """Fold the vectors of the scores into the projections."""
        folded = fold(mha)
        no_query = mha.wq.weight.new_zeros(1, mha.wq.in_features)
        keys = make_keys(mha, folded, no_query)
        parts = (*(weight for weight, _ in folded), keys.to_positions[0], keys.to_slot[0])
        return cls(*(part * _scale(mha) for part in parts))

    def keys(self, neighbors: Tensor) -> Tensor:
        """Return the positions' part of the logits, (n, H), from their encodings (n, F)."""
        return neighbors @ self.key.T

    def of_pairs(self, pairs: Tensor) -> Tensor:
        """Return the pairs' part of the logits, (P, H), from their encodings (P, F)."""
        return pairs @ self.pairs.T

    def logits(self, variants: Tensor, keys: Tensor, pairs: Tensor) -> Tensor:
        """Add the parts and apply leaky_relu.

        Args:
            variants: (B, S, F), encodings of the substitutions.
            keys: (B, 129, H), of the window's positions.
            pairs: (B, H, 129).

        Returns:
            (B, H, S, 130).
        """
        at_positions = pairs + keys.mT + self.to_positions[:, None]
        slot = self.to_slot[:, None].expand(len(variants), -1, 1)
        asked = (variants @ self.query.T).mT[..., None]
        logits = asked + torch.cat([at_positions, slot], -1)[:, :, None]
        return functional.leaky_relu_(logits, LEAKY_SLOPE)


class Dot(NamedTuple):
    """Scores of type "dot": the product of query and key, plus a weighted sum of tanh of the pairs.

    query, key: (M, F) and (M,). slot_key: (H, D, 1).
    projection: (M, F) and (M,), of pairs, before tanh. pairs: (H, M), after it.
    to_slot: (H, 1, 1), constant term of the slot's logit.
    """

    query: Tensor
    query_bias: Tensor
    key: Tensor
    key_bias: Tensor
    slot_key: Tensor
    projection: Tensor
    projection_bias: Tensor
    pairs: Tensor
    to_slot: Tensor

    @classmethod
    def of(cls, mha: MultiHeadAttention) -> Self:
        """Arrange the weights."""
        heads, width = mha.num_heads, mha.wq.out_features
        agg = mha.agg_pairwise[0, :, 0] * _scale(mha)
        each = torch.arange(width, device=agg.device)
        pairs = agg.new_zeros(heads, width)
        pairs[each // (width // heads), each] = agg.flatten()
        return cls(
            query=mha.wq.weight * _scale(mha),
            query_bias=mha.wq.bias * _scale(mha),
            key=mha.wk.weight,
            key_bias=mha.wk.bias,
            slot_key=mha.bias_k.reshape(heads, -1, 1),
            projection=mha.w_pairwise.weight,
            projection_bias=mha.w_pairwise.bias,
            pairs=pairs,
            to_slot=(pairs @ mha.bias_pairwise.flatten().tanh())[:, None, None],
        )

    def keys(self, neighbors: Tensor) -> Tensor:
        """Project each position's encoding (n, F) to its key, (n, M)."""
        return torch.addmm(self.key_bias, neighbors, self.key.T)

    def of_pairs(self, pairs: Tensor) -> Tensor:
        """Return the pairs' part of the logits, (P, H), from their encodings (P, F)."""
        projected = torch.addmm(self.projection_bias, pairs, self.projection.T)
        return projected.tanh_() @ self.pairs.T

    def logits(self, variants: Tensor, keys: Tensor, pairs: Tensor) -> Tensor:
        """Multiply queries and keys, and add the pairs' part.

        Arguments and result as in `Additive`, except keys, (B, 129, M).
        """
        heads = len(self.pairs)
        query = variants @ self.query.T + self.query_bias
        by_head = query.view(*query.shape[:2], heads, -1).transpose(1, 2)
        slot = by_head @ self.slot_key + self.to_slot
        at_positions = by_head @ keys.reshape(*keys.shape[:2], heads, -1).permute(0, 2, 3, 1)
        return torch.cat([at_positions + pairs[:, :, None], slot], -1)


def _scale(mha: MultiHeadAttention) -> float:
    return 1 / math.sqrt(mha.wq.out_features // mha.num_heads)


class Gathering(NamedTuple):
    """Weights of what follows the logits: values summed by attention, heads mixed.

    biases: (130,), of each position, and of the slot. value: (M, F) and (M,).
    slot_value: (H, 1, D). output: (M, M) and (M,).
    """

    biases: Tensor
    value: Tensor
    value_bias: Tensor
    slot_value: Tensor
    output: Tensor
    output_bias: Tensor

    @classmethod
    def of(cls, mha: MultiHeadAttention) -> Self:
        """Take the layer's weights."""
        return cls(
            biases=mha.biases(),
            value=mha.wv.weight,
            value_bias=mha.wv.bias,
            slot_value=mha.bias_v.reshape(mha.num_heads, 1, -1),
            output=mha.out_proj.weight,
            output_bias=mha.out_proj.bias,
        )

    def values(self, neighbors: Tensor) -> Tensor:
        """Project each position's encoding (n, F) to its value, (n, M)."""
        return torch.addmm(self.value_bias, neighbors, self.value.T)

    def attend(self, logits: Tensor, left_out: Tensor) -> Tensor:
        """Return attention over the window's positions and the slot, (B, H, S, 130).

        Args:
            logits: (B, H, S, 130), overwritten.
            left_out: (B, 129) bool, positions outside the protein, and the centre.
        """
        added = self.biases.expand(len(logits), -1).clone()
        added[:, :WINDOW].masked_fill_(left_out, -torch.inf)
        return logits.add_(added[:, None, None]).softmax(-1)

    def sum_values(self, attention: Tensor, values: Tensor) -> Tensor:
        """Sum the values of windows by attention: (B * S, M).

        Args:
            attention: (B, H, S, 130).
            values: (B, 129, M); of consecutive windows `windows_of` returns a view.
        """
        heads, _, depth = self.slot_value.shape
        # A step of D numbers leads to the next head: a copy, unless also to the next window.
        split = values.view(-1, WINDOW, heads, depth).transpose(1, 2)
        by_head = split.reshape(-1, WINDOW, depth)
        summed = torch.bmm(attention[..., :WINDOW].flatten(0, 1), by_head)
        return self._by_substitution(attention, summed)

    def sum_encodings(self, attention: Tensor, encodings: Tensor) -> Tensor:
        """Sum the encodings of windows by attention, and project the sums to values: (B * S, M).

        The same as to sum the values, with less work where substitutions are fewer than positions.

        Args:
            attention: (B, H, S, 130).
            encodings: (B, 129, F), of the window's positions.
        """
        heads, _, depth = self.slot_value.shape
        weights = attention[..., :WINDOW]
        summed = torch.bmm(weights.flatten(1, 2), encodings).view(*weights.shape[:3], -1)
        value = self.value.view(heads, depth, -1).mT
        projected = torch.bmm(summed.transpose(0, 1).flatten(1, 2), value)
        by_head = projected.view(heads, len(weights), -1, depth).transpose(0, 1)
        bias = weights.sum(-1, keepdim=True) * self.value_bias.view(heads, 1, depth)
        return self._by_substitution(attention, by_head + bias)

    def _by_substitution(self, attention: Tensor, summed: Tensor) -> Tensor:
        """Add the slot's part to sums by head, and return them by substitution, (B * S, M)."""
        at_slot = attention[..., WINDOW:] * self.slot_value
        return summed.view_as(at_slot).add_(at_slot).transpose(1, 2).flatten(2).flatten(0, 1)

    def mix(self, gathered: Tensor, into: Tensor | None = None) -> Tensor:
        """Mix the heads of what was gathered, (V, M), by the output layer."""
        return torch.addmm(self.output_bias, gathered, self.output.T, out=into)


def windows_of(values: Tensor, count: int) -> Tensor:
    """View `count` consecutive windows, (count, 129, M), of positions' values, (count + 128, M)."""
    return values.unfold(0, WINDOW, 1)[:count].mT
