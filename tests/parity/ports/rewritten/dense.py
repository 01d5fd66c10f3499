"""Dense layers, loss and schedule in other words."""

import torch
from torch import nn
from torch.nn import functional

import pt_gmvp.optim as optim
from pt_gmvp.initializers import Dense
from tests.parity.ports.rewritten.rewriting import Rewriting

COV = "add-cov-spe"


def dense(written, layer="neighbor_encoding", config=COV):
    return Rewriting(layer, config, Dense, "forward", written)


def loss(written, config="all"):
    return Rewriting("loss", config, optim, "loss", written)


def as_a_convolution(self, x):
    flat = x.reshape(-1, x.shape[-1], 1)
    found = functional.conv1d(flat, self.weight[..., None], self.bias)
    return found.reshape(*x.shape[:-1], -1)


def as_a_product(self, x):
    return x @ self.weight.T + self.bias


def as_addmm(self, x):
    found = torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight.mT)
    return found.view(*x.shape[:-1], -1)


def as_einsum(self, x):
    return torch.einsum("...i,oi->...o", x, self.weight) + self.bias


def in_two_halves(self, x):
    half = x.shape[-1] // 2
    first = functional.linear(x[..., half:], self.weight[:, half:])
    return first + functional.linear(x[..., :half], self.weight[:, :half], self.bias)


def by_a_module(self, x):
    inner = nn.Linear(x.shape[-1], len(self.weight), dtype=x.dtype)
    return torch.func.functional_call(inner, dict(self.named_parameters()), (x,))


def without_bias(self, x):
    return functional.linear(x, self.weight)


def bias_twice(self, x):
    return functional.linear(x, self.weight, self.bias) + self.bias


def last_column_forgotten(self, x):
    return functional.linear(x[..., :-1], self.weight[:, :-1], self.bias)


def loss_by_softplus(logits, labels):
    labels = labels.to(logits.dtype)
    return torch.mean(
        labels * functional.softplus(-logits) + (1 - labels) * functional.softplus(logits)
    )


def loss_by_logaddexp(logits, labels):
    labels = labels.to(logits.dtype)
    zero = torch.zeros_like(logits)
    right, wrong = torch.logaddexp(zero, -logits), torch.logaddexp(zero, logits)
    return (labels * right + (1 - labels) * wrong).sum() / len(logits)


def loss_by_log1p(logits, labels):
    labels = labels.to(logits.dtype)
    tail = torch.log1p(torch.exp(-logits.abs()))
    return (logits.clamp(min=0) - logits * labels + tail).mean()


def loss_by_products(logits, labels):
    labels = labels.to(logits.dtype)
    right = labels @ functional.logsigmoid(logits) + (1 - labels) @ functional.logsigmoid(-logits)
    return -right / len(logits)


def loss_summed(logits, labels):
    return loss_by_softplus(logits, labels) * len(logits)


def loss_with_labels_inverted(logits, labels):
    return loss_by_softplus(logits, 1 - labels.to(logits.dtype))


def loss_smoothed(logits, labels):
    return loss_by_softplus(logits, labels.to(logits.dtype) * (1 - 1e-6))


def rate_by_interpolation(step, base=1e-3, end=1e-4, warmup_steps=100, decay_steps=2000):
    if step < warmup_steps:
        return (step + 1) * (base / warmup_steps)
    share = max(0.0, 1 - (step - warmup_steps) / decay_steps)
    return end + (base - end) * share


def rate_from_zero(step, base=1e-3, end=1e-4, warmup_steps=100, decay_steps=2000):
    if step < warmup_steps:
        return base * step / warmup_steps
    return base + (end - base) * min((step - warmup_steps) / decay_steps, 1.0)


def rate(written):
    return Rewriting("learning_rate", "release", optim, "learning_rate", written)


RIGHT = {
    "dense as a convolution": dense(as_a_convolution),
    "dense as a product": dense(as_a_product),
    "dense as addmm": dense(as_addmm),
    "dense as einsum": dense(as_einsum),
    "dense in two halves": dense(in_two_halves),
    "dense by a module": dense(by_a_module),
    "pairs as a convolution": dense(as_a_convolution, "pairwise_encoding"),
    "pairs in two halves": dense(in_two_halves, "pairwise_encoding"),
    "variant as a product": dense(as_a_product, "variant_encoding"),
    "logit as a convolution": dense(as_a_convolution, "logit"),
    "loss by softplus": loss(loss_by_softplus),
    "loss by logaddexp": loss(loss_by_logaddexp),
    "loss by products": loss(loss_by_products),
    "rate by interpolation": rate(rate_by_interpolation),
}
WRONG = {
    "no bias": dense(without_bias),
    "bias twice": dense(bias_twice, "pairwise_encoding"),
    "last column forgotten": dense(last_column_forgotten, "pairwise_encoding"),
    # Its gradient at a logit of 0 is that of clamp, 1, and not 1/2.
    "loss by log1p": loss(loss_by_log1p),
    "loss summed": loss(loss_summed),
    "labels inverted": loss(loss_with_labels_inverted),
    "labels smoothed by 1e-6": loss(loss_smoothed),
    "rate from zero": rate(rate_from_zero),
}
