"""The models of reference.py in PyTorch: attributes in another order, weights laid out anyhow."""

import torch
from torch import nn
from torch.nn import functional


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        # Not in the order of the calls.
        self.b, self.a, self.c = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 4)

    def act(self, x):
        return torch.relu(x)

    def forward(self, x):
        return self.c(torch.tanh(self.b(self.act(self.a(x)))))


class WrongDense(Dense):
    def act(self, x):
        return torch.sigmoid(x)


class Conv(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8, eps=1e-3)
        self.depthwise = nn.Conv2d(8, 16, 3, padding=1, groups=8)
        self.out = nn.Linear(16, 5)

    def forward(self, x):
        normed = self.norm(self.conv(x.permute(0, 3, 1, 2)))
        return self.out(self.depthwise(functional.relu(normed, inplace=True)).mean((2, 3)))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(30, 9), nn.LSTM(9, 11), nn.Linear(11, 5)

    def forward(self, words):
        hidden = self.rnn(self.emb(words).transpose(0, 1))[0]
        return self.out(hidden).transpose(0, 1)


class OwnGru(nn.Module):
    """A cell of one's own: kernels as Keras has them, gates in another order."""

    def __init__(self):
        super().__init__()
        self.wh, self.wx = (nn.Parameter(torch.randn(8, 24)) for _ in range(2))
        self.bx, self.bh = (nn.Parameter(torch.randn(24)) for _ in range(2))

    def forward(self, x):
        h = x.new_zeros(x.shape[0], 8)
        for step in x.unbind(1):
            reset, new, update = (step @ self.wx + self.bx).chunk(3, -1)
            h_reset, h_new, h_update = (h @ self.wh + self.bh).chunk(3, -1)
            update, reset = torch.sigmoid(update + h_update), torch.sigmoid(reset + h_reset)
            h = update * h + (1 - update) * torch.tanh(new + reset * h_new)
        return h


class Attend(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm = nn.LayerNorm(8, eps=1e-3)

    def forward(self, x):
        return {"y": self.norm(x + self.attention(x, x, x)[0])}


class FourLinears(nn.Module):
    def __init__(self):
        super().__init__()
        self.k, self.q, self.v, self.o = (nn.Linear(8, 8) for _ in range(4))
        self.norm = nn.LayerNorm(8, eps=1e-3)

    def forward(self, x):
        q, k, v = (
            part(x).unflatten(-1, (2, 4)).transpose(1, 2) for part in (self.q, self.k, self.v)
        )
        mixed = functional.scaled_dot_product_attention(q, k, v)
        return {"y": self.norm(x + self.o(mixed.transpose(1, 2).flatten(-2)))}


class Summed(nn.Module):
    def __init__(self):
        super().__init__()
        self.d, self.c, self.b = (nn.Linear(8, 8) for _ in range(3))
        self.spare = nn.Parameter(torch.zeros(3))

    def forward(self, x):
        return self.b(x), self.c(x) + self.d(x)


class KerasThree(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True)
        self.out, self.inner = nn.Linear(8, 3), nn.Linear(8, 8)

    def forward(self, x, words):
        mixed = self.rnn(self.emb(words))[0][:, -1] * self.inner(x)
        return {"mixed": mixed, "out": self.out(mixed)}


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Parameter(torch.randn(6, 6))
        self.gate = nn.Linear(6, 6)

    def forward(self, x):
        return torch.sigmoid(self.gate(x)) * functional.linear(x, self.up)


def linear():
    return nn.Linear(6, 6, bias=False)


class Needy(nn.Module):
    def __init__(self, size):
        super().__init__()


class InGroups(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(6, 5)

    def forward(self, x):
        groups = self.inner(x).view(-1, 4, 5)
        return (groups - groups.mean(1, keepdim=True)).view(-1, 5)
