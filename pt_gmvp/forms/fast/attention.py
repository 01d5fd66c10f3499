"""Attention with as few projections per position as possible.

- A head's score is linear in q, k and p before the leaky_relu ("add" and "nn"), so a vector a of
  the scores can be combined with the projection: a . (W x + b) = (W^T a) . x + a . b, which leaves
  H numbers to compute per position instead of M. For "dot", q . k is also linear in k, with q in
  place of a; tanh(p) is not.
- Values are projected after they are summed: sum_l w_l (W x_l + b) = W sum_l w_l x_l +
  b sum_l w_l, once per head instead of once per position.

The learned slot has no projection, and is added separately.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.attention import LEAKY_SLOPE, MultiHeadAttention
from pt_gmvp.initializers import Dense

# Weight (H, F) and bias (H,) of q, k and p.
Folded = tuple[tuple[Tensor, Tensor], ...]


class Keys(NamedTuple):
    """Factors of the encodings in the logits, and terms that are added.

    of_context: (H, F), or (B, H, F) if each variant has its own.
    of_pairs: (H, F), or None if the pairs are projected.
    to_positions, to_slot: (B, H), terms of the logits at every position, and the slot's logit.
    """

    of_context: Tensor
    of_pairs: Tensor | None
    to_positions: Tensor
    to_slot: Tensor


def fold(mha: MultiHeadAttention) -> Folded:
    """Combine the vectors of the scores with the projections of q, k and p; () for "dot"."""
    if mha.attn_score_type == "dot":
        return ()
    of_q, of_k, of_p = _vectors(mha)
    layers = ((mha.wq, of_q), (mha.wk, of_k), (mha.w_pairwise, of_p))
    return tuple(_folded(layer, vectors) for layer, vectors in layers)


def make_keys(mha: MultiHeadAttention, folded: Folded, query: Tensor) -> Keys:
    """Make the keys of a query (B, F)."""
    if mha.attn_score_type == "dot":
        return _keys_of_query(mha, query)
    (weight_q, bias_q), (weight_k, bias_k), (weight_p, bias_p) = folded
    _, of_k, of_p = _vectors(mha)
    asked = functional.linear(query, weight_q, bias_q)
    slot = (mha.bias_k.view_as(of_k) * of_k + mha.bias_pairwise.view_as(of_p) * of_p).sum(-1)
    return Keys(weight_k, weight_p, asked + (bias_k + bias_p), asked + slot)


def _vectors(mha: MultiHeadAttention) -> tuple[Tensor, ...]:
    """Return the vectors of q, k and p in the scores, (H, D) each; for "add" they are the same."""
    agg = mha.agg_v[0, :, 0]
    return agg.chunk(3, -1) if mha.attn_score_type == "nn" else (agg, agg, agg)


def _keys_of_query(mha: MultiHeadAttention, query: Tensor) -> Keys:
    depth = mha.wq.out_features // mha.num_heads
    q = mha.wq(query).view(len(query), mha.num_heads, depth)
    keys = torch.bmm(q.transpose(0, 1), _by_head(mha.wk, mha.num_heads)).transpose(0, 1)
    agg = mha.agg_pairwise[0, :, 0]
    to_positions = (q * mha.wk.bias.view_as(agg)).sum(-1)
    to_slot = (q * mha.bias_k.view_as(agg)).sum(-1)
    to_slot = to_slot + (agg * mha.bias_pairwise.view_as(agg).tanh()).sum(-1)
    return Keys(keys, None, to_positions, to_slot)


def _folded(layer: Dense, vectors: Tensor) -> tuple[Tensor, Tensor]:
    """Multiply vectors (H, D) by the heads of a projection: weight (H, F) and bias (H,)."""
    weight = (vectors[:, None] @ _by_head(layer, len(vectors)))[:, 0]
    return weight, (vectors * layer.bias.view_as(vectors)).sum(-1)


def _by_head(layer: Dense, heads: int) -> Tensor:
    """Split a projection's weight into heads, (H, D, F)."""
    return layer.weight.view(heads, -1, layer.in_features)


def pair_logits(mha: MultiHeadAttention, keys: Keys, pairs: Tensor) -> Tensor:
    """Return the pairs' part of the logits, (W, H, L), from their encodings (W, L, F)."""
    if keys.of_pairs is not None:
        return (pairs @ keys.of_pairs.T).mT
    projected: Tensor = mha.w_pairwise(pairs).tanh()
    agg = mha.agg_pairwise[0, :, 0]
    return (projected.view(*pairs.shape[:2], *agg.shape) * agg).sum(-1).mT


def addends(mha: MultiHeadAttention, keys: Keys) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `normalize` adds between products with keys and scores."""
    return keys.to_positions, keys.to_slot, mha.biases()


def normalize(
    mha: MultiHeadAttention,
    logits: Tensor,
    mask: Tensor,
    to_positions: Tensor,
    to_slot: Tensor,
    biases: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return scores and attention, (B, H, L+1), from the products with keys (B, H, L)."""
    every = torch.cat([logits + to_positions[..., None], to_slot[..., None]], -1)
    if mha.attn_score_type != "dot":
        every = functional.leaky_relu(every, LEAKY_SLOPE)
    scores = mha.biased(every, biases)
    return scores, mha.normalized(scores, mask)


def project(mha: MultiHeadAttention, attention: Tensor, summed: Tensor) -> Tensor:
    """Project sums (B, H, F) of the context, add the slot's value, and mix the heads: (B, M)."""
    at_positions, at_slot = attention[..., :-1].sum(-1, keepdim=True), attention[..., -1:]
    weight = _by_head(mha.wv, mha.num_heads)
    values = torch.bmm(summed.transpose(0, 1), weight.mT).transpose(0, 1)
    bias, slot = (x.view_as(values[0]) for x in (mha.wv.bias, mha.bias_v))
    return mha.out_proj((values + at_positions * bias + at_slot * slot).flatten(1))  # type: ignore[no-any-return]


def attend(
    mha: MultiHeadAttention, query: Tensor, context: Tensor, pairwise: Tensor, mask: Tensor
) -> dict[str, Tensor]:
    """Compute what `mha.trace` does, from finished encodings.

    Args:
        mha: the layer whose weights to use.
        query: (B, 1, F).
        context, pairwise, mask: as `mha.trace` takes them.

    Returns:
        "scores" and "attention" (B, H, L+1), and "mha" (B, M).
    """
    keys = make_keys(mha, fold(mha), query[:, 0])
    logits = keys.of_context @ context.mT + pair_logits(mha, keys, pairwise)
    scores, attention = normalize(mha, logits, mask, *addends(mha, keys))
    gathered = project(mha, attention, attention[..., :-1] @ context)
    return {"scores": scores, "attention": attention, "mha": gathered}
