"""The attention and the GRU cell in other words."""

import math

import torch
from torch import nn
from torch.nn import functional

import pt_gmvp.attention as plain
import pt_gmvp.gru as gru
from pt_gmvp.attention import MASKED, MultiHeadAttention
from tests.parity.ports.rewritten.rewriting import Rewriting

ADD, NN, DOT = "add-cov-spe", "nn-cov-spe", "dot-cov-spe"


def attention(name, written, config=ADD):
    return Rewriting("multi_head_attention", config, MultiHeadAttention, name, written)


def cell(written, name="forward", target=gru.GRUCell, config="add-cov-spe"):
    return Rewriting("gru_cell", config, target, name, written)


def left_out(mask):
    return functional.pad(mask, (0, 1))[:, None]


def filled(value):
    """Softmax over scores of which the masked ones are replaced, as most PyTorch ports write it."""

    def normalized(self, scores, mask):
        return scores.masked_fill(left_out(mask) != 0, value).softmax(-1)

    return normalized


def exp_over_sum(self, scores, mask):
    shifted = scores + MASKED * left_out(mask).to(scores.dtype)
    grown = (shifted - shifted.amax(-1, keepdim=True)).exp()
    return grown / grown.sum(-1, keepdim=True)


def multiplied_by_the_mask(self, scores, mask):
    kept = 1 - left_out(mask).to(scores.dtype)
    grown = (scores - scores.detach().amax(-1, keepdim=True)).exp() * kept
    return grown / grown.sum(-1, keepdim=True)


def by_log_softmax(self, scores, mask):
    return (scores + MASKED * left_out(mask).to(scores.dtype)).log_softmax(-1).exp()


def by_logsumexp(self, scores, mask):
    shifted = scores + MASKED * left_out(mask).to(scores.dtype)
    return (shifted - shifted.logsumexp(-1, keepdim=True)).exp()


def inverted_mask(self, scores, mask):
    return scores.masked_fill(left_out(mask) == 0, -math.inf).softmax(-1)


def softmax_over_heads(self, scores, mask):
    return (scores + MASKED * left_out(mask).to(scores.dtype)).softmax(1)


def slot_masked(self, scores, mask):
    masked = functional.pad(mask, (0, 1), value=1.0)[:, None].to(scores.dtype)
    return (scores + MASKED * masked).softmax(-1)


def heads_by_view(self, x):
    batch, length = x.shape[:2]
    return x.view(batch, length, self.num_heads, -1).permute(0, 2, 1, 3)


def heads_by_chunks(self, x):
    return torch.stack(x.chunk(self.num_heads, -1), 1)


def heads_by_unflatten(self, x):
    return x.unflatten(-1, (self.num_heads, -1)).swapaxes(1, 2).contiguous()


def heads_interleaved(self, x):
    return x.unflatten(-1, (-1, self.num_heads)).permute(0, 3, 1, 2)


def heads_without_transposing(self, x):
    batch, length = x.shape[:2]
    return x.reshape(batch, self.num_heads, length, -1)


def logits_by(combine, slope=plain.LEAKY_SLOPE, root=None):
    def scores(self, q, k, p):
        logits = combine(self, q, k, p)
        depth = self.bias_k.shape[-1] // self.num_heads
        return functional.leaky_relu(logits, slope) / (root or depth**0.5) + self.biases()

    return scores


def by_einsum(self, q, k, p):
    return torch.einsum("hd,bhld->bhl", self.agg_v[0, :, 0], q + k + p)


def by_matmul(self, q, k, p):
    return ((q + k + p) @ self.agg_v.mT).squeeze(-1)


def term_by_term(self, q, k, p):
    return sum((self.agg_v * part).sum(-1) for part in (p, k, q))


def without_pairs(self, q, k, p):
    return (self.agg_v * (q + k)).sum(-1)


def by_concatenation(self, q, k, p):
    joined = torch.cat([q.expand_as(k), k, p], -1)
    return (self.agg_v * joined).sum(-1)


def by_concatenation_in_another_order(self, q, k, p):
    return (self.agg_v * torch.cat([k, q.expand_as(k), p], -1)).sum(-1)


def slope_by_where(self, q, k, p):
    logits = by_einsum(self, q, k, p)
    bent = torch.where(logits > 0, logits, plain.LEAKY_SLOPE * logits)
    return bent * (self.bias_k.shape[-1] // self.num_heads) ** -0.5 + self.biases()


def slope_by_maximum(self, q, k, p):
    logits = by_matmul(self, q, k, p)
    bent = torch.maximum(logits, torch.tensor(plain.LEAKY_SLOPE).to(logits.dtype) * logits)
    return bent / math.sqrt(self.bias_k.shape[-1] // self.num_heads) + self.biases()


def dot_by_matmul(self, q, k, p):
    logits = (q @ k.mT).squeeze(2) + (self.agg_pairwise @ p.tanh().mT).squeeze(2)
    return logits / math.sqrt(q.shape[-1]) + self.biases()


def dot_by_einsum(self, q, k, p):
    pairs = torch.einsum("hd,bhld->bhl", self.agg_pairwise[0, :, 0], torch.tanh(p))
    return (torch.einsum("bhqd,bhld->bhl", q, k) + pairs) / q.shape[-1] ** 0.5 + self.biases()


def dot_scaled_before(self, q, k, p):
    scale = q.shape[-1] ** -0.25
    logits = ((q * scale) * (k * scale)).sum(-1)
    return logits + (self.agg_pairwise * p.tanh()).sum(-1) * scale**2 + self.biases()


def dot_without_tanh(self, q, k, p):
    logits = (q * k).sum(-1) + (self.agg_pairwise * p).sum(-1)
    return logits / math.sqrt(q.shape[-1]) + self.biases()


def dot_with_pairs_unscaled(self, q, k, p):
    logits = (q * k).sum(-1) / math.sqrt(q.shape[-1])
    return logits + (self.agg_pairwise * p.tanh()).sum(-1) + self.biases()


def appended_by_padding(x, slot):
    return functional.pad(x, (0, 0, 0, 1)) + functional.pad(
        slot.expand(len(x), -1, -1), (0, 0, x.shape[1], 0)
    )


def appended_by_repeating(x, slot):
    return torch.hstack([x, slot.repeat(len(x), 1, 1)])


def appended_in_front(x, slot):
    return torch.cat([slot.expand(x.shape[0], -1, -1), x], 1)


def torchs_cell(self, inputs, state, input_masks=None, state_masks=None):
    module = nn.GRUCell(self.weight_ih.shape[1], self.weight_hh.shape[1], dtype=inputs.dtype)
    weights = dict(self.named_parameters())
    return torch.func.functional_call(module, weights, (inputs, state))


def by_products(self, inputs, state, input_masks=None, state_masks=None):
    x_r, x_z, x_h = (inputs @ self.weight_ih.T + self.bias_ih).chunk(3, -1)
    s_r, s_z, s_h = (state @ self.weight_hh.mT + self.bias_hh).split(state.shape[-1], -1)
    kept = torch.sigmoid(s_z + x_z)
    return kept * (state - (h := torch.tanh(x_h + torch.sigmoid(s_r + x_r) * s_h))) + h


def by_lerp(self, inputs, state, input_masks=None, state_masks=None):
    x_r, x_z, x_h = functional.linear(inputs, self.weight_ih, self.bias_ih).chunk(3, -1)
    s_r, s_z, s_h = functional.linear(state, self.weight_hh, self.bias_hh).chunk(3, -1)
    candidate = torch.addcmul(x_h, (x_r + s_r).sigmoid(), s_h).tanh()
    return torch.lerp(candidate, state, (x_z + s_z).sigmoid())


def by_tanh_for_sigmoid(self, inputs, state, input_masks=None, state_masks=None):
    def sigmoid(x):
        return 0.5 * (1 + torch.tanh(0.5 * x))

    x_r, x_z, x_h = functional.linear(inputs, self.weight_ih, self.bias_ih).chunk(3, -1)
    s_r, s_z, s_h = functional.linear(state, self.weight_hh, self.bias_hh).chunk(3, -1)
    z, r = sigmoid(x_z + s_z), sigmoid(x_r + s_r)
    return (1 - z) * torch.tanh(x_h + r * s_h) + z * state


def reset_before(self, inputs, state, input_masks=None, state_masks=None):
    x_r, x_z, x_h = functional.linear(inputs, self.weight_ih, self.bias_ih).chunk(3, -1)
    s_r, s_z, _ = functional.linear(state, self.weight_hh, self.bias_hh).chunk(3, -1)
    r, z = (x_r + s_r).sigmoid(), (x_z + s_z).sigmoid()
    last = functional.linear(r * state, self.weight_hh.chunk(3)[2], self.bias_hh.chunk(3)[2])
    return z * state + (1 - z) * (x_h + last).tanh()


def gate_inverted(self, inputs, state, input_masks=None, state_masks=None):
    x_r, x_z, x_h = functional.linear(inputs, self.weight_ih, self.bias_ih).chunk(3, -1)
    s_r, s_z, s_h = functional.linear(state, self.weight_hh, self.bias_hh).chunk(3, -1)
    r, z = (x_r + s_r).sigmoid(), (x_z + s_z).sigmoid()
    return (1 - z) * state + z * (x_h + r * s_h).tanh()


RIGHT = {
    "masked scores are minus infinity": attention("normalized", filled(-math.inf)),
    "masked scores are -1e9": attention("normalized", filled(-1e9)),
    "masked scores are the lowest float32": attention("normalized", filled(-3.4e38)),
    "the same with dot": attention("normalized", filled(-math.inf), DOT),
    "the same with nn": attention("normalized", filled(-math.inf), NN),
    "softmax as exp over its sum": attention("normalized", exp_over_sum),
    "softmax as exp over its sum with dot": attention("normalized", exp_over_sum, DOT),
    "softmax times the mask": attention("normalized", multiplied_by_the_mask),
    "softmax through log_softmax": attention("normalized", by_log_softmax),
    "softmax through logsumexp": attention("normalized", by_logsumexp),
    "heads by view and permute": attention("_split_heads", heads_by_view),
    "heads by chunks": attention("_split_heads", heads_by_chunks),
    "heads by unflatten": attention("_split_heads", heads_by_unflatten),
    "add by einsum": attention("_scores", logits_by(by_einsum)),
    "add by matmul": attention("_scores", logits_by(by_matmul)),
    "add term by term": attention("_scores", logits_by(term_by_term)),
    "the slope by where": attention("_scores", slope_by_where),
    "the slope by maximum": attention("_scores", slope_by_maximum),
    "nn by concatenation": attention("_scores", logits_by(by_concatenation), NN),
    "dot by matmul": attention("_scores", dot_by_matmul, DOT),
    "dot by einsum": attention("_scores", dot_by_einsum, DOT),
    "dot scaled on both factors": attention("_scores", dot_scaled_before, DOT),
    "slot appended by padding": Rewriting(
        "multi_head_attention", ADD, plain, "_append", appended_by_padding
    ),
    "slot appended by repeating": Rewriting(
        "multi_head_attention", ADD, plain, "_append", appended_by_repeating
    ),
    "scores not centred": Rewriting(
        "multi_head_attention", ADD, plain, "_centered", lambda scores, kept: scores
    ),
    "torch's own GRU cell": cell(torchs_cell),
    "the cell by products": cell(by_products),
    "the cell by lerp": cell(by_lerp),
    "the sigmoid as a tanh": cell(by_tanh_for_sigmoid),
    "uneven cell by products": cell(by_products, config="add-cov-spe-uneven"),
}
WRONG = {
    "mask inverted": attention("normalized", inverted_mask),
    "softmax over the heads": attention("normalized", softmax_over_heads),
    "slot masked": attention("normalized", slot_masked),
    "masked scores are only -10": attention("normalized", filled(-10.0)),
    "heads interleaved": attention("_split_heads", heads_interleaved),
    "heads without transposing": attention("_split_heads", heads_without_transposing),
    "pairs forgotten": attention("_scores", logits_by(without_pairs)),
    "slope 0.2001": attention("_scores", logits_by(by_einsum, slope=0.2001)),
    "divided by a root that is 1e-6 off": attention("_scores", logits_by(by_einsum, root=2.000002)),
    "nn in another order": attention("_scores", logits_by(by_concatenation_in_another_order), NN),
    "dot without tanh": attention("_scores", dot_without_tanh, DOT),
    "dot with pairs unscaled": attention("_scores", dot_with_pairs_unscaled, DOT),
    "slot in front": Rewriting("multi_head_attention", ADD, plain, "_append", appended_in_front),
    "reset before the product": cell(reset_before),
    "update gate inverted": cell(gate_inverted),
}
