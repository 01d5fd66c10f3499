"""Logits of 20 substitutes' attention over the window that they share, a part of each made apart.

Layers are folded in float64 and rounded once; all are divided by sqrt(D) beforehand.
"""

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from pt_gmvp.attention import LEAKY_SLOPE, MultiHeadAttention
from pt_gmvp.forms.fast.attention import fold, make_keys


def attention_scores(mha: MultiHeadAttention) -> "Additive | Dot":
    """Make what computes the logits of an attention."""
    return Dot(mha) if mha.attn_score_type == "dot" else Additive(mha)


class Additive(nn.Module):
    """Of "add" and "nn", which before the leaky_relu are linear in query, key and pair.

    So each is projected to one number a head, by folded weights (H, F), and these are added up.
    """

    def __init__(self, mha: MultiHeadAttention) -> None:
        super().__init__()
        exact, scale = copy.deepcopy(mha).double(), 1 / _root(mha)
        folded = fold(exact)
        keys = make_keys(exact, folded, exact.wq.weight.new_zeros(1, mha.wq.in_features))
        query, key, pairs = (weight for weight, _ in folded)
        parts = {
            "query": query,
            "key": key,
            "pairs": pairs,
            "to_positions": keys.to_positions[0, :, None, None],
            "to_slot": keys.to_slot[0, :, None, None],
        }
        for name, part in parts.items():
            self.register_buffer(name, (part * scale).to(mha.wq.weight.dtype).contiguous())
        self.query: Tensor
        self.key: Tensor
        self.pairs: Tensor
        self.to_positions: Tensor
        self.to_slot: Tensor

    def forward(self, variants: Tensor, neighbors: Tensor, pairs: Tensor) -> Tensor:
        """Compute logits.

        Args:
            variants: (B, 20, F), encodings of the substitutes.
            neighbors, pairs: (B, L, F), encodings of the window's positions.

        Returns:
            (B, H, 20, L + 1), the slot being last.
        """
        asked = functional.linear(variants, self.query).mT[..., None]
        found = functional.linear(neighbors, self.key) + functional.linear(pairs, self.pairs)
        at_positions = asked + (found.mT[:, :, None] + self.to_positions)
        logits = torch.cat([at_positions, asked + self.to_slot], -1)
        return functional.leaky_relu(logits, LEAKY_SLOPE)


class Dot(nn.Module):
    """Of "dot": products of query and key, and a weighted sum of tanh of the pair."""

    def __init__(self, mha: MultiHeadAttention) -> None:
        super().__init__()
        self.mha, self.scale = mha, 1 / _root(mha)

    def forward(self, variants: Tensor, neighbors: Tensor, pairs: Tensor) -> Tensor:
        """Compute logits; arguments and result as of `Additive`."""
        mha, heads = self.mha, self.mha.num_heads
        query = by_head(mha.wq(variants) * self.scale, heads)
        keys = by_head(mha.wk(neighbors), heads)
        agg = mha.agg_pairwise * self.scale
        of_pairs = (by_head(mha.w_pairwise(pairs).tanh(), heads) * agg).sum(-1)
        at_positions = query @ keys.mT + of_pairs[:, :, None]
        of_slot = (by_head(mha.bias_pairwise, heads).tanh() * agg).sum(-1, keepdim=True)
        slot = (query * by_head(mha.bias_k, heads)).sum(-1, keepdim=True) + of_slot
        return torch.cat([at_positions, slot], -1)


def by_head(x: Tensor, heads: int) -> Tensor:
    """Cut (B, T, M) into heads, (B, H, T, D)."""
    return x.reshape(*x.shape[:2], heads, x.shape[2] // heads).transpose(1, 2)


def _root(mha: MultiHeadAttention) -> float:
    return math.sqrt(mha.wq.out_features // mha.num_heads)
