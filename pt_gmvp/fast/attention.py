"""Attention in which nothing is projected at every position that need not be."""

import torch
from torch import Tensor
from torch.nn import functional

from pt_gmvp.attention import LEAKY_SLOPE, MultiHeadAttention
from pt_gmvp.initializers import Dense


def attend(
    mha: MultiHeadAttention,
    query: Tensor,
    context: Tensor,
    pairwise: Tensor,
    mask: Tensor,
    window: Tensor | None = None,
) -> dict[str, Tensor]:
    """Compute what `mha.trace` does, but for the projections, which are no stages here.

    - A head's score is linear in q, k and p until the leaky_relu ("add" and "nn"), so that a vector
      a of the scores goes through a projection first: a . (W x + b) = (W^T a) . x + a . b, which
      leaves H numbers to compute at a position in place of M. Of "dot", q . k is as linear in k,
      with q in the place of a; tanh(p) is not.
    - Values are projected after they were summed: sum_l w_l (W x_l + b) = W sum_l w_l x_l +
      b sum_l w_l, once a head in place of once a position.

    The learned slot has no projection, and is added by itself.

    Args:
        mha: the layer whose weights to use.
        query: (B, 1, F).
        context, pairwise, mask: as `mha.trace` has them, one row for each window.
        window: (B,) int, the window of each variant; None where each has its own, in order.

    Returns:
        "scores" and "attention" (B, H, L+1), and "mha" (B, M).
    """
    query = query[:, 0]
    if mha.attn_score_type == "dot":
        logits = _dot(mha, query, context, pairwise, window)
    else:
        logits = _linear(mha, query, context, pairwise, window)
    scores = mha.biased(logits)
    attention = mha.normalized(scores, _rows(mask, window))
    gathered = _gathered(mha, attention, _rows(context, window))
    return {"scores": scores, "attention": attention, "mha": mha.out_proj(gathered)}


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
    weight = torch.einsum("hd,hdf->hf", vectors, _by_head(layer, len(vectors)))
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
    folded = torch.einsum("bhd,hdf->bhf", q, _by_head(mha.wk, heads))
    keys = folded @ _rows(context, window).mT + (q * mha.wk.bias.view_as(q[0])).sum(-1)[..., None]
    agg = mha.agg_pairwise[0, :, 0]
    projected = mha.w_pairwise(pairwise).unflatten(-1, (heads, -1)).tanh()
    pairs = _rows(torch.einsum("wlhd,hd->whl", projected, agg), window)
    slot = (q * mha.bias_k.view_as(agg)).sum(-1)
    slot = slot + (agg * mha.bias_pairwise.view_as(agg).tanh()).sum(-1)
    return torch.cat([keys + pairs, slot[..., None]], -1)


def _gathered(mha: MultiHeadAttention, attention: Tensor, context: Tensor) -> Tensor:
    """Sum the values by attention (B, H, L+1), heads side by side, (B, M); context is (B, L, F)."""
    at_positions, at_slot = attention[..., :-1], attention[..., -1:]
    summed = at_positions @ context
    values = torch.einsum("bhf,hdf->bhd", summed, _by_head(mha.wv, mha.num_heads))
    bias, slot = (x.view_as(values[0]) for x in (mha.wv.bias, mha.bias_v))
    return (values + at_positions.sum(-1, keepdim=True) * bias + at_slot * slot).flatten(1)
