"""The models of usual.py in PyTorch, each as one would write it there, and wrong ones."""

from collections import namedtuple
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional


@dataclass
class Output:
    logits: torch.Tensor
    loss: torch.Tensor | None
    states: object


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden, self.last = nn.Linear(5, 6), nn.Linear(6, 3)

    def forward(self, x):
        hidden = torch.tanh(self.hidden(x))
        return Output(self.last(hidden), None, ((x, hidden),))


class OtherNames(Named):
    """The same outputs by other names."""

    def forward(self, x):
        found = super().forward(x)
        (states,) = found.states
        return namedtuple("Other", ["scores", "first", "second"])(found.logits, *states)


class WrongNamed(Named):
    def forward(self, x):
        found = super().forward(x)
        return Output(2 * found.logits, None, found.states)


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.score, self.value = nn.Linear(6, 1), nn.Linear(6, 5)

    def forward(self, hidden, mask):
        score = self.score(hidden).masked_fill(mask[..., None] == 0, float("-inf"))
        return (score.softmax(1) * self.value(hidden)).sum(1)


class Unmasked(Masked):
    def forward(self, hidden, mask):
        return super().forward(hidden, torch.ones_like(mask))


class Batch(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(3, 4), nn.Linear(2, 4)

    def forward(self, a, b):
        return self.one(a) * self.two(b)


def image():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(48, 2),
    )


def wrong_image():
    made = image()
    made[1] = nn.Sigmoid()
    return made


def filtered():
    return nn.Conv2d(3, 3, 3, padding=1)


class Square(nn.Module):
    axis = 2

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        return self.conv(x).tanh().cumsum(self.axis)


class SwappedSquare(Square):
    """Height and width are exchanged."""

    axis = 3


class HalfPermutedSquare(Square):
    """The channels are moved at the beginning, but not back."""

    def forward(self, x):
        return super().forward(x.permute(0, 3, 1, 2))


class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense = nn.Linear(4, 4)

    def forward(self, pair):
        return pair + self.dense(pair).tanh().cumsum(1)


class TurnedPairs(Pairs):
    """The last axis of what it returns comes second."""

    def forward(self, pair):
        return super().forward(pair).permute(0, 3, 1, 2)


class Positioned(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense, self.score, self.value = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)
        angles = torch.arange(5.0)[:, None] / 100.0 ** (torch.arange(4.0) / 4)
        self.register_buffer("table", self.order(angles.sin(), angles.cos())[None])
        self.register_buffer("mask", torch.ones(5, 5).tril())

    def order(self, sines, cosines):
        return torch.cat((sines, cosines), 1)

    def forward(self, x):
        x = torch.tanh(self.dense(x) + self.table)
        scores = (self.score(x) @ x.mT).masked_fill(self.mask == 0, float("-inf"))
        return scores.softmax(-1) @ self.value(x)


class PositionedInTurn(Positioned):
    """Sines and cosines in turn."""

    def order(self, sines, cosines):
        return torch.stack((sines, cosines), 2).flatten(1)


class Encoder(nn.Module):
    def __init__(self, shared):
        super().__init__()
        self.embed_tokens, self.dense = shared, nn.Linear(6, 6)

    def forward(self, x):
        return self.dense(self.dense(self.embed_tokens(x)))


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.shared = nn.Embedding(11, 6)
        self.encoder = Encoder(self.shared)
        self.head = nn.Linear(6, 11, bias=False)
        self.head.weight = self.shared.weight

    def forward(self, words):
        return self.head(self.encoder(words))


class CalledOnce(Shared):
    def forward(self, words):
        return self.head(self.encoder.dense(self.shared(words)))


class Plain(nn.Module):
    """Two names for each module, and one activation used twice."""

    def __init__(self):
        super().__init__()
        self.first, self.act, self.last = nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 6)
        self.trunk = nn.Sequential(self.first, self.act, self.last)

    def forward(self, x):
        return self.trunk(x)


class WrongPlain(Plain):
    def forward(self, x):
        return functional.relu(self.trunk(x))


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.x_table, self.y_table = nn.Embedding(11, 6), nn.Embedding(11, 6)

    def forward(self, box):
        return torch.tanh(self.x_table(box[..., 0]) + self.y_table(box[..., 1]))


class Exchanged(Positions):
    def forward(self, box):
        return super().forward(box.flip(-1))


class SmallBranch(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        return 1e-7 * (self.c(x) @ self.a(x).mT).softmax(-1) @ self.b(x) + x
