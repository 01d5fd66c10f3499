"""Attention in which nothing is projected at every position that need not be.

- A head's score is linear in q, k and p until the leaky_relu ("add" and "nn"), so that a vector a
  of the scores goes through a projection first: a . (W x + b) = (W^T a) . x + a . b, which leaves H
  numbers to compute at a position in place of M. Of "dot", q . k is as linear in k, with q in the
  place of a; tanh(p) is not.
- Values are projected after they were summed: sum_l w_l (W x_l + b) = W sum_l w_l x_l +
  b sum_l w_l, once a head in place of once a position.

The learned slot has no projection, and is added by itself.
"""

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.attention import LEAKY_SLOPE, MultiHeadAttention
from pt_gmvp.initializers import Dense


def attend(
    mha: MultiHeadAttention, query: Tensor, context: Tensor, pairwise: Tensor, mask: Tensor
) -> dict[str, Tensor]:
    """Compute what `mha.trace` does, but for the projections, which are no stages here.

    Args:
        mha: the layer whose weights to use.
        query: (B, 1, F).
        context, pairwise, mask: as `mha.trace` has them.

    Returns:
        "scores" and "attention" (B, H, L+1), and "mha" (B, M).
    """
    stages = weigh(mha, query[:, 0], context, pairwise, mask)
    gathered = project(mha, stages["attention"], stages.pop("summed"))
    return {**stages, "mha": gathered}


def weigh(
    mha: MultiHeadAttention,
    query: Tensor,
    context: Tensor,
    pairwise: Tensor,
    mask: Tensor,
    window: Tensor | None = None,
) -> dict[str, Tensor]:
    """Attend without the values' projection.

    Args:
        mha: the layer whose weights to use.
        query: (B, F).
        context, pairwise: (W, L, F), one row for each window.
        mask: (W, L).
        window: (B,) int, the window of each variant; None where each has its own, in order.

    Returns:
        "scores" and "attention" (B, H, L+1), and "summed" (B, H, F), the context by attention.
    """
    score = _dot if mha.attn_score_type == "dot" else _linear
    scores = mha.biased(score(mha, query, context, pairwise, window))
    attention = mha.normalized(scores, _rows(mask, window))
    summed = attention[..., :-1] @ _rows(context, window)
    return {"scores": scores, "attention": attention, "summed": summed}


def project(mha: MultiHeadAttention, attention: Tensor, summed: Tensor) -> Tensor:
    """Project what `weigh` summed, add the slot's value, and mix the heads: (B, M)."""
    at_positions, at_slot = attention[..., :-1].sum(-1, keepdim=True), attention[..., -1:]
    weight = _by_head(mha.wv, mha.num_heads)
    values = torch.bmm(summed.transpose(0, 1), weight.mT).transpose(0, 1)
    bias, slot = (x.view_as(values[0]) for x in (mha.wv.bias, mha.bias_v))
    return mha.out_proj((values + at_positions * bias + at_slot * slot).flatten(1))  # type: ignore[no-any-return]


def _rows(x: Tensor, window: Tensor | None) -> Tensor:
    """Give every variant the row of its window."""
    return x if window is None else x[window]


def _by_head(layer: Dense, heads: int) -> Tensor:
    """Cut a projection's weight into heads, (H, D, F)."""
    return layer.weight.unflatten(0, (heads, -1))


def _linear(
    mha: MultiHeadAttention,
    query: Tensor,
    context: Tensor,
    pairwise: Tensor,
    window: Tensor | None,
) -> Tensor:
    """Logits (B, H, L+1) of "add", whose one vector serves q, k and p, or of "nn", of three."""
    agg = mha.agg_v[0, :, 0]
    of_q, of_k, of_p = agg.chunk(3, -1) if mha.attn_score_type == "nn" else (agg, agg, agg)
    asked = _folded(mha.wq, of_q, query)
    at_context, at_pairs = _folded(mha.wk, of_k, context), _folded(mha.w_pairwise, of_p, pairwise)
    slot = (mha.bias_k.view_as(of_k) * of_k + mha.bias_pairwise.view_as(of_p) * of_p).sum(-1)
    positions = _rows((at_context + at_pairs).mT, window)
    every = torch.cat([positions, slot[:, None].expand(len(query), -1, 1)], -1)
    return functional.leaky_relu(asked[..., None] + every, LEAKY_SLOPE)


def _folded(layer: Dense, vectors: Tensor, x: Tensor) -> Tensor:
    """Products of vectors (H, D) with the heads of what `layer` makes of x (..., F): (..., H)."""
    weight = (vectors[:, None] @ _by_head(layer, len(vectors)))[:, 0]
    bias = (vectors * layer.bias.view_as(vectors)).sum(-1)
    return functional.linear(x, weight, bias)


def _dot(
    mha: MultiHeadAttention,
    query: Tensor,
    context: Tensor,
    pairwise: Tensor,
    window: Tensor | None,
) -> Tensor:
    """Logits (B, H, L+1) of "dot"."""
    heads = mha.num_heads
    q = mha.wq(query).unflatten(-1, (heads, -1))
    folded = torch.bmm(q.transpose(0, 1), _by_head(mha.wk, heads)).transpose(0, 1)
    keys = folded @ _rows(context, window).mT + (q * mha.wk.bias.view_as(q[0])).sum(-1)[..., None]
    agg = mha.agg_pairwise[0, :, 0]
    projected = mha.w_pairwise(pairwise).unflatten(-1, (heads, -1)).tanh()
    pairs = _rows((projected * agg).sum(-1).mT, window)
    slot = (q * mha.bias_k.view_as(agg)).sum(-1)
    slot = slot + (agg * mha.bias_pairwise.view_as(agg).tanh()).sum(-1)
    return torch.cat([keys + pairs, slot[..., None]], -1)
