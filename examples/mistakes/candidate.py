"""The same layers in PyTorch, each with the mistake that docs/mistakes.md tells of."""

import torch
import torch.nn.functional as F
from torch import nn

KERNEL = ((torch.arange(108) * 7 % 11 - 5) / 8).reshape(3, 3, 3, 4)  # height, width, in, out
MATRIX = ((torch.arange(36) * 5 % 13 - 6) / 8).reshape(6, 6)


def softmax_axis(x):
    return F.softmax(x, 1)


def gelu(x):
    return F.gelu(x)


class Normalized(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(6, elementwise_affine=False)

    def forward(self, x):
        return self.norm(x)


def epsilon(x):
    return Normalized()(x)


def same_padding(x):
    y = F.conv2d(x.permute(0, 3, 1, 2), KERNEL.to(x.dtype).permute(3, 2, 0, 1), stride=2, padding=1)
    return y.permute(0, 2, 3, 1)


def average_pooling(x):
    return F.avg_pool2d(x.permute(0, 3, 1, 2), 3, stride=1, padding=1).permute(0, 2, 3, 1)


def flatten(x):
    x = x.permute(0, 3, 1, 2)
    return torch.flatten(x, 1)


def merged_heads(x):
    heads = x.reshape(-1, 4, 2, 3).permute(0, 2, 1, 3)
    return heads.softmax(2).reshape(-1, 4, 6)


def gated(x):
    value, gate = x.chunk(2, dim=-1)
    return torch.sigmoid(gate) * value


def deviation(x):
    return x.std(dim=1)


def scaled_scores(x):
    scores = x @ x.transpose(1, 2)
    return scores.softmax(-1)


def space_to_depth(x):
    y = F.pixel_unshuffle(x.permute(0, 3, 1, 2), 2)
    return y.permute(0, 2, 3, 1)


def relu_behind(x):
    return x + F.relu(x @ MATRIX.to(x.dtype))


def divergence(x):
    return F.kl_div(x[:, 1].log_softmax(-1), x[:, 0].softmax(-1), reduction="mean")


def causal_mask(x):
    scores = x @ x.transpose(1, 2)
    seen = torch.ones_like(scores).tril(-1)
    return (scores - 1e9 * (1 - seen)).softmax(-1)


def transmittance(x):
    alpha = torch.sigmoid(x)
    return alpha * torch.cumprod(1 - alpha, 1)


def pixel_scale(x):
    return torch.tanh(x / 128 - 1)


def highway(x):
    y = x @ MATRIX.to(x.dtype)
    gate = torch.sigmoid(y)
    return (1 - gate) * torch.tanh(y) + gate * x


def advantage(x):
    value, actions = x[:, 0, :1], x[:, 1]
    return value + actions - actions.mean()


def adjacency(x):
    edges = (x @ x.transpose(1, 2)).abs()
    degree = edges.sum(-1)
    return edges / degree[:, :, None]


def coverage(x):
    past = torch.zeros_like(x[:, 0])
    for step in x.unbind(1):
        past = torch.softmax(step - past, -1)
    return past


def smoothing(x):
    level, trend = x[:, 0], torch.zeros_like(x[:, 0])
    for step in x[:, 1:].unbind(1):
        level = 0.25 * step + 0.75 * (level + trend)
        previous = level
        trend = 0.5 * (level - previous) + 0.5 * trend
    return level + trend
