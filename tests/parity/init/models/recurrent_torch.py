"""The models of recurrent.py in PyTorch: layers in one module, or written out as two."""

import torch
from torch import nn


class SeparableConv(nn.Module):
    def __init__(self, inputs, outputs, size, padding, multiplier=1, bias=True):
        super().__init__()
        inner = inputs * multiplier
        # Not in the order of the calls; the bias of the first must be zero.
        self.mix = nn.Conv2d(inner, outputs, 1, bias=bias)
        self.each = nn.Conv2d(inputs, inner, size, padding=padding, groups=inputs)

    def forward(self, x):
        return self.mix(self.each(x))


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = SeparableConv(3, 5, 3, 1, multiplier=2)
        self.second = SeparableConv(5, 5, (3, 1), (1, 0), bias=False)

    def forward(self, x):
        return self.second(self.first(x.permute(0, 3, 1, 2)).relu()).mean((2, 3))


class SeparableOne(nn.Module):
    def __init__(self):
        super().__init__()
        self.each = nn.Conv1d(4, 4, 3, groups=4, bias=False)
        self.mix = nn.Linear(4, 5)

    def forward(self, x):
        return self.mix(self.each(x.mT).mT)


class SeparablesSummed(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = (nn.Conv1d(4, 4, 3, groups=4, bias=False) for _ in range(2))
        self.mix_b, self.mix_a = (nn.Conv1d(4, 4, 1) for _ in range(2))

    def forward(self, x):
        return (self.mix_a(self.a(x.mT)) + self.mix_b(self.b(x.mT))).mT


class Recurrent(nn.Module):
    """One of torch's own, its outputs as they are."""

    def __init__(self, kind, inputs=4, **options):
        super().__init__()
        self.rnn = kind(inputs, 4, batch_first=True, **options)

    def forward(self, x):
        return self.rnn(x)[0]


def bidirectional():
    return Recurrent(nn.GRU, bidirectional=True)


def deep():
    return Recurrent(nn.LSTM, num_layers=2, bidirectional=True)


def stacked():
    return Recurrent(nn.GRU, num_layers=2)


def stacked_cells():
    return Recurrent(nn.LSTM, num_layers=2)


class BothWaysSummed(Recurrent):
    """Turned round: what runs backwards here runs forward there."""

    def __init__(self):
        super().__init__(nn.GRU, bidirectional=True)

    def forward(self, x):
        one, other = super().forward(x.flip(1)).flip(1).chunk(2, -1)
        return one + other


class LastOfBothWays(Recurrent):
    def __init__(self):
        super().__init__(nn.RNN, bidirectional=True)

    def forward(self, x):
        return torch.cat([*self.rnn(x)[1]], -1)


class Backwards(Recurrent):
    def __init__(self):
        super().__init__(nn.GRU, bias=False)

    def forward(self, x):
        return super().forward(x.flip(1))


class Summed(nn.Module):
    def __init__(self, one, other):
        super().__init__()
        self.one, self.other = one, other

    def forward(self, x):
        return self.one(x) + self.other(x)


def bidirectionals_summed():
    return Summed(*(Recurrent(nn.RNN, bidirectional=True) for _ in range(2)))


def stacks_summed():
    return Summed(*(Recurrent(nn.RNN, num_layers=2) for _ in range(2)))


class Cell(nn.Module):
    """A recurrent layer as two Linears, the state's first."""

    def __init__(self, gates, bias=True):
        super().__init__()
        self.h, self.x = nn.Linear(4, 4 * gates, bias=bias), nn.Linear(4, 4 * gates)

    def step(self, x, h, state):
        raise NotImplementedError

    def forward(self, x):
        state, found = x.new_zeros(2, len(x), 4), []
        for step in x.unbind(1):
            state = self.step(self.x(step), self.h(state[0]), state)
            found.append(state[0])
        return torch.stack(found, 1)


class Rnn(Cell):
    def __init__(self):
        super().__init__(1, bias=False)

    def step(self, x, h, state):
        return torch.stack([torch.tanh(x + h), state[1]])


class Gru(Cell):
    def __init__(self):
        super().__init__(3)

    def step(self, x, h, state):
        (r, n, z), (r_h, n_h, z_h) = x.chunk(3, -1), h.chunk(3, -1)
        z = torch.sigmoid(z + z_h)
        new = torch.tanh(n + torch.sigmoid(r + r_h) * n_h)
        return torch.stack([z * state[0] + (1 - z) * new, state[1]])


class Lstm(Cell):
    def __init__(self):
        super().__init__(4)

    def step(self, x, h, state):
        f, o, g, i = (x + h).chunk(4, -1)
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.stack([torch.sigmoid(o) * torch.tanh(c), c])


class WrongLstm(Lstm):
    """Forgets the tanh of the cell."""

    def step(self, x, h, state):
        f, o, g, i = (x + h).chunk(4, -1)
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.stack([torch.sigmoid(o) * c, c])


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        # As large as a kernel of the LSTM: it could be one by its shape.
        self.out = nn.Linear(4, 16)
        self.lstm, self.gru, self.rnn = Lstm(), Gru(), Rnn()

    def forward(self, x):
        return self.out(self.lstm(self.gru(self.rnn(x)))[:, -1])


class TorchsCell(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(4, 4)

    def forward(self, x):
        state, found = None, []
        for step in x.unbind(1):
            state = self.cell(step, state)
            found.append(state[0])
        return torch.stack(found, 1)


class Flat(Gru):
    """No module of its own for the cell, and another layer as large as its kernels."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = nn.Linear(4, 12), nn.Linear(12, 4)

    def forward(self, x):
        return super().forward(self.narrow(self.wide(x)))


class CellsSummed(Summed):
    def __init__(self):
        super().__init__(Gru(), Gru())

    def forward(self, x):
        return super().forward(x)[:, -1]


class Late(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x):
        return torch.tanh(self.inner(x))
