"""Attention of the variant over the neighbours in its window."""

import math

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from converters.columns import WINDOW
from pt_gmvp.config import ModelConfig
from pt_gmvp.initializers import Dense, glorot_uniform_

LEAKY_SLOPE = 0.2
# Added to the scores rather than replacing them: even if all are masked, the softmax is over finite
# numbers.
MASKED = -1e12


class MultiHeadAttention(nn.Module):
    """Attention of one query over L neighbours and a learned slot, guided by pair features.

    With q, k, v and p the projected query, neighbours and pairs in a head of depth D, the score of
    a position is, by `attn_score_type`,

    - "add": leaky_relu(agg_v . (q + k + p)),
    - "nn": leaky_relu(agg_v . concat(q, k, p)),
    - "dot": q . k + agg_pairwise . tanh(p),

    divided by sqrt(D), plus a trained bias of the position, shared by the heads
    (doi:10.1038/s42256-022-00561-w, as released). The learned slot is at the window's end and never
    masked.

    Args:
        d_fc: F, the width of query, context and pairwise.
        d_model: M, the width of the projections and of the output.
        num_heads: H, a divisor of M; head h has the columns h * D to (h + 1) * D.
        attn_score_type: "add", "nn" or "dot".
        window: L.

    Raises:
        ConfigError: the score type is unknown, or H does not divide M.
    """

    def __init__(
        self,
        d_fc: int,
        d_model: int,
        num_heads: int,
        attn_score_type: str = "add",
        window: int = WINDOW,
    ) -> None:
        super().__init__()
        ModelConfig(
            d_fc=d_fc, d_model=d_model, num_heads=num_heads, attn_score_type=attn_score_type
        )
        self.num_heads = num_heads
        self.attn_score_type = attn_score_type
        depth = d_model // num_heads
        self.position_bias = nn.Parameter(torch.empty(1, 1, 1, window))
        if attn_score_type == "dot":
            self.agg_pairwise = nn.Parameter(torch.empty(1, num_heads, 1, depth))
        else:
            parts = 3 if attn_score_type == "nn" else 1
            self.agg_v = nn.Parameter(torch.empty(1, num_heads, 1, parts * depth))
        self.bias_k = nn.Parameter(torch.empty(1, 1, d_model))
        self.bias_v = nn.Parameter(torch.empty(1, 1, d_model))
        self.bias_position_bias = nn.Parameter(torch.empty(1, 1, 1, 1))
        self.bias_pairwise = nn.Parameter(torch.empty(1, 1, d_model))
        self.wq = Dense(d_fc, d_model)
        self.wk = Dense(d_fc, d_model)
        self.wv = Dense(d_fc, d_model)
        self.out_proj = Dense(d_model, d_model)
        self.w_pairwise = Dense(d_fc, d_model)
        self.reset_parameters()

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw Keras' initial values: zero for position biases, Glorot uniform for all else."""
        for name, parameter in self.named_parameters(recurse=False):
            if name.endswith("position_bias"):
                nn.init.zeros_(parameter)
            else:
                glorot_uniform_(parameter, generator=generator)
        for layer in (self.wq, self.wk, self.wv, self.out_proj, self.w_pairwise):
            layer.reset_parameters(generator)

    def forward(self, query: Tensor, context: Tensor, pairwise: Tensor, mask: Tensor) -> Tensor:
        """Return what the query attends to.

        Args:
            query: (B, 1, F).
            context: (B, L, F), neighbours, both as keys and as values.
            pairwise: (B, L, F), how each neighbour relates to the query.
            mask: (B, L), 1 where a neighbour is ignored, else 0.

        Returns:
            (B, M).
        """
        return self.trace(query, context, pairwise, mask)["mha"]

    def trace(
        self, query: Tensor, context: Tensor, pairwise: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        """Run `forward` and return every intermediate by name.

        "q" (B, H, 1, D); "k", "v" and "pairwise" (B, H, L+1, D); "scores" (B, H, L+1) before the
        mask; "attention" (B, H, L+1), summing to 1; "mha" (B, M).
        """
        q = self._split_heads(self.wq(query))
        k = self._split_heads(_append(self.wk(context), self.bias_k))
        v = self._split_heads(_append(self.wv(context), self.bias_v))
        p = self._split_heads(_append(self.w_pairwise(pairwise), self.bias_pairwise))
        scores = self._scores(q, k, p)
        attention = self.normalized(scores, mask)
        gathered = torch.einsum("bhl,bhld->bhd", attention, v)
        return {
            "q": q,
            "k": k,
            "v": v,
            "pairwise": p,
            "scores": scores,
            "attention": attention,
            "mha": self.out_proj(gathered.flatten(1)),
        }

    def _split_heads(self, x: Tensor) -> Tensor:
        """Split (B, T, M) into heads, (B, H, T, D)."""
        batch, length, width = x.shape
        return x.reshape(batch, length, self.num_heads, width // self.num_heads).transpose(1, 2)

    def _scores(self, q: Tensor, k: Tensor, p: Tensor) -> Tensor:
        """Return the scores of all positions and the slot in all heads, (B, H, L+1)."""
        if self.attn_score_type == "dot":
            logits = (q * k).sum(-1) + (self.agg_pairwise * p.tanh()).sum(-1)
        elif self.attn_score_type == "add":
            logits = functional.leaky_relu((self.agg_v * (q + k + p)).sum(-1), LEAKY_SLOPE)
        else:
            parts = zip(self.agg_v.chunk(3, -1), (q, k, p), strict=True)
            a, b, c = ((agg * part).sum(-1) for agg, part in parts)
            logits = functional.leaky_relu(a + b + c, LEAKY_SLOPE)
        return self.biased(logits, self.biases())

    def biases(self) -> Tensor:
        """Return the bias of each position, and of the slot, (L+1,)."""
        return torch.cat([self.position_bias, self.bias_position_bias], -1).flatten()

    def biased(self, logits: Tensor, biases: Tensor) -> Tensor:
        """Divide logits (B, H, L+1) by sqrt(D), and add the positions' biases."""
        return logits / math.sqrt(self.bias_k.shape[-1] // self.num_heads) + biases

    def normalized(self, scores: Tensor, mask: Tensor) -> Tensor:
        """Return the softmax of scores (B, H, L+1); `mask` (B, L) never masks the slot."""
        left_out = functional.pad(mask, (0, 1)).to(scores.dtype)[:, None]
        return (_centered(scores, left_out == 0) + MASKED * left_out).softmax(-1)


def _centered(scores: Tensor, kept: Tensor) -> Tensor:
    """Subtract the mean over the kept positions from scores (B, H, L+1); a softmax is unaffected.

    The gradients of a softmax's arguments sum to 0, and those of the projections depend on it: they
    are sums over positions that nearly cancel. In float32 the attention sums to 1 only up to
    rounding, which cost them tens of ulps, with "dot" hundreds; through the mean's gradient they
    sum to 0 again.
    """
    weights = kept.to(scores.dtype)
    mean = (scores * weights).sum(-1, keepdim=True) / weights.sum(-1, keepdim=True)
    return scores - mean


def _append(x: Tensor, slot: Tensor) -> Tensor:
    """Append the learned slot (1, 1, M) at the end of (B, L, M)."""
    return torch.cat([x, slot.expand(x.shape[0], -1, -1)], 1)
