"""The models of fused.py in PyTorch, with several layers in one, and wrong ones."""

from torch import nn
from torch.nn import functional


def attend(q, k, v):
    q, k, v = (x.unflatten(-1, (2, 4)).transpose(1, 2) for x in (q, k, v))
    return functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)


class Fused(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x):
        return self.proj(attend(*self.qkv(x).chunk(3, -1)))


class FusedTwice(Fused):
    """The keys are the values as well."""

    def forward(self, x):
        q, k, _ = self.qkv(x).chunk(3, -1)
        return self.proj(attend(q, k, k))


class FusedInterleaved(Fused):
    """Heads, and within each query, key and value."""

    def forward(self, x):
        parts = self.qkv(x).unflatten(-1, (2, 3, 4)).transpose(2, 3).unbind(2)
        return self.proj(attend(*(part.flatten(2) for part in parts)))


class KeyValue(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.kv, self.proj = nn.Linear(8, 8), nn.Linear(8, 16), nn.Linear(8, 8)

    def forward(self, x):
        return self.proj(attend(self.q(x), *self.kv(x).chunk(2, -1)))


class KeyValueUnscaled(KeyValue):
    def forward(self, x):
        return self.proj(attend(2 * self.q(x), *self.kv(x).chunk(2, -1)))


class Torch(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class TorchOneHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 1, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Linears(nn.Module):
    def __init__(self):
        super().__init__()
        self.to_q, self.to_k = nn.Linear(8, 8), nn.Linear(8, 8)
        self.to_v, self.to_out = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x):
        return self.to_out(attend(self.to_q(x), self.to_k(x), self.to_v(x)))


class LinearsWithoutOutput(Linears):
    def forward(self, x):
        return attend(self.to_q(x), self.to_k(x), self.to_v(x))


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = nn.Conv1d(4, 12, 3, padding=1)

    def forward(self, x):
        return functional.glu(self.both(x.mT), 1).mT


class GatedByTanh(Gated):
    def forward(self, x):
        value, gate = self.both(x.mT).chunk(2, 1)
        return (value * gate.tanh()).mT
