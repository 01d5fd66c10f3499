"""The models of projections.py in PyTorch, in layers of another kind, and wrong ones."""

import torch
from torch import nn
from torch.nn import functional


class Pointwise(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv1d(5, 5, 1), nn.Conv1d(5, 5, 1)

    def forward(self, x):
        return self.two(torch.tanh(self.one(x.mT))).mT


class PointwiseNotTransposed(Pointwise):
    def forward(self, x):
        one = x @ self.one.weight.view(5, 5) + self.one.bias
        return self.two(torch.tanh(one).mT).mT


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.squeeze, self.excite = nn.Conv2d(8, 3, 1), nn.Conv2d(3, 8, 1)

    def forward(self, x):
        means = functional.adaptive_avg_pool2d(x.permute(0, 3, 1, 2), 1)
        return x * self.excite(self.squeeze(means).relu()).sigmoid().permute(0, 2, 3, 1)


class GateReshaped(Gate):
    """Kernels whose elements are taken in the order in which the reference has them."""

    def forward(self, x):
        squeezed = x.mean((1, 2)) @ self.squeeze.weight.reshape(8, 3) + self.squeeze.bias
        gate = squeezed.relu() @ self.excite.weight.reshape(3, 8) + self.excite.bias
        return x * gate.sigmoid()[:, None, None]


class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(5, 5), nn.Linear(5, 5)

    def forward(self, x):
        return self.two(torch.tanh(self.one(x)))


class StepsNotTransposed(Steps):
    def forward(self, x):
        return self.two(torch.tanh(x @ self.one.weight + self.one.bias))


class Separable(nn.Module):
    def __init__(self):
        super().__init__()
        self.each = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
        self.mix = nn.Linear(4, 4)

    def forward(self, x):
        return torch.tanh(self.mix(self.each(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)))


class SeparableNotTransposed(Separable):
    def forward(self, x):
        each = self.each(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return torch.tanh(each @ self.mix.weight + self.mix.bias)


class Covering(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(64, 5)

    def forward(self, x):
        return self.last(torch.tanh(self.conv(x.permute(0, 3, 1, 2))).flatten(1))


class CoveringTurned(Covering):
    """An image flattened with height and width exchanged."""

    def forward(self, x):
        return self.last(torch.tanh(self.conv(x.permute(0, 3, 1, 2))).mT.flatten(1))


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, (4, 4))

    def forward(self, x):
        return self.last(torch.tanh(self.conv(x.permute(0, 3, 1, 2)))).flatten(1)


class FlatTurned(Flat):
    def forward(self, x):
        return self.last(torch.tanh(self.conv(x.permute(0, 3, 1, 2))).mT).flatten(1)


class Patches(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.mix = nn.Linear(12, 6), nn.Linear(6, 6)

    def forward(self, x):
        patches = x.view(-1, 2, 2, 2, 2, 3).transpose(2, 3).reshape(-1, 4, 12)
        return self.mix(self.embed(patches))


class PatchesTurned(Patches):
    def forward(self, x):
        return super().forward(x.transpose(1, 2))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.grow, self.paint = nn.Linear(6, 48), nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, z):
        image = torch.tanh(self.grow(z)).view(-1, 3, 4, 4)
        return self.paint(image).permute(0, 2, 3, 1)


class DecoderTurned(Decoder):
    """An image with height and width exchanged."""

    def forward(self, z):
        image = torch.tanh(self.grow(z)).view(-1, 3, 4, 4).mT
        return self.paint(image).permute(0, 2, 3, 1)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.grow = nn.Linear(6, 48, bias=False)
        self.norm = nn.BatchNorm1d(48, eps=1e-3)
        self.paint = nn.ConvTranspose2d(3, 2, 4, 2, 1)

    def forward(self, z):
        image = self.norm(self.grow(z)).relu().view(-1, 3, 4, 4)
        return self.paint(image).permute(0, 2, 3, 1)


class GeneratorActivatedFirst(Generator):
    def forward(self, z):
        image = self.norm(self.grow(z).relu()).view(-1, 3, 4, 4)
        return self.paint(image).permute(0, 2, 3, 1)


class NormalizedFlat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, padding=1), nn.LayerNorm(64, eps=1e-3)
        self.last = nn.Linear(64, 5)

    def forward(self, x):
        return self.last(self.norm(self.conv(x.permute(0, 3, 1, 2)).flatten(1)))


class NormalizedFlatTurned(NormalizedFlat):
    def forward(self, x):
        return self.last(self.norm(self.conv(x.permute(0, 3, 1, 2)).mT.flatten(1)))


class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.w, self.v = nn.Conv1d(4, 4, 1, bias=False), nn.Conv1d(4, 6, 1, bias=False)

    def forward(self, x):
        return self.v(torch.tanh(self.w(x.mT))).mT
