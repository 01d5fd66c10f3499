"""A Transformer block of Keras layers: `parity check transformer_block.py`.

What such ports get wrong: whether heads or head size is the outer axis, GELU by tanh or by erf,
LayerNorm's epsilon (1e-3 in Keras, 1e-5 in PyTorch), the scale of the scores, and the mask.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from parity import layouts, parts
from parity.inputs import generator
from parity.port import Arrays, Given, InputSet, Pair, Port

ROOT_OF_HALF = float(np.float32(0.5**0.5))
LENGTH, SIZE, HEADS, HEAD_SIZE, INNER = 7, 12, 3, 5, 20


class Reference:
    """The block in Keras: attention and a feed-forward net, both after a norm, both residual."""

    def __init__(self, dtype: str) -> None:
        from tf_keras import layers

        self.layers = {
            "norm1": layers.LayerNormalization(dtype=dtype),
            "norm2": layers.LayerNormalization(dtype=dtype),
            "attention": layers.MultiHeadAttention(HEADS, HEAD_SIZE, dtype=dtype),
            "inner": layers.Dense(INNER, activation="gelu", dtype=dtype),
            "outer": layers.Dense(SIZE, dtype=dtype),
        }
        self.layers["norm1"].build((None, LENGTH, SIZE))
        self.layers["norm2"].build((None, LENGTH, SIZE))
        self.layers["inner"].build((None, LENGTH, SIZE))
        self.layers["outer"].build((None, LENGTH, INNER))
        import tensorflow as tf

        nothing = tf.zeros((1, LENGTH, SIZE), dtype)
        self.layers["attention"](nothing, nothing)

    def attend(self, x, keep):
        """Attend to the tokens; `keep` (batch, length) is 1 where there is one."""
        normed = self.layers["norm1"](x)
        mixed = self.layers["attention"](normed, normed, attention_mask=keep[:, None, :] > 0)
        return {"attended": x + mixed}

    def feed(self, attended):
        inner = self.layers["inner"](self.layers["norm2"](attended))
        return {"block": attended + self.layers["outer"](inner)}

    def block(self, x, keep):
        attended = self.attend(x, keep)
        return {**attended, **self.feed(**attended)}

    def parameters(self):
        found = {}
        for name in ("norm1", "norm2"):
            layer = self.layers[name]
            found |= {f"{name}/gamma": layer.gamma, f"{name}/beta": layer.beta}
        for name in ("inner", "outer"):
            layer = self.layers[name]
            found |= {f"{name}/kernel": layer.kernel, f"{name}/bias": layer.bias}
        for variable in self.layers["attention"].variables:
            part, kind = variable.name.split("/")[-2:]
            part = part.replace("attention_output", "output")
            found[f"attention/{part}/{kind.split(':')[0]}"] = variable
        return found


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(SIZE, HEADS * HEAD_SIZE) for _ in range(3))
        self.output = nn.Linear(HEADS * HEAD_SIZE, SIZE)

    def heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (HEADS, HEAD_SIZE)).transpose(1, 2)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:
        query, key, value = (self.heads(part(x)) for part in (self.query, self.key, self.value))
        mask = (keep > 0)[:, None, None, :]
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.output(mixed.transpose(1, 2).flatten(-2))


class Candidate(nn.Module):
    """The same in PyTorch."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(SIZE, eps=1e-3), nn.LayerNorm(SIZE, eps=1e-3)
        self.attention = Attention()
        self.inner, self.outer = nn.Linear(SIZE, INNER), nn.Linear(INNER, SIZE)

    def attend(self, x: Tensor, keep: Tensor) -> dict[str, Tensor]:
        return {"attended": x + self.attention(self.norm1(x), keep)}

    def activated(self, x: Tensor) -> Tensor:
        # As functional.gelu, with the constant that TensorFlow rounds to float32 even in float64;
        # `parity check` would find that out by itself, and say so.
        return 0.5 * x * torch.erfc(-x * ROOT_OF_HALF)

    def feed(self, attended: Tensor) -> dict[str, Tensor]:
        return {"block": attended + self.outer(self.activated(self.inner(self.norm2(attended))))}

    def block(self, x: Tensor, keep: Tensor) -> dict[str, Tensor]:
        attended = self.attend(x, keep)
        return {**attended, **self.feed(**attended)}


WEIGHTS = {
    "attend": (
        *layouts.layer_norm("norm1", "norm1", SIZE),
        *layouts.attention("attention", "attention", SIZE, HEADS, HEAD_SIZE),
    ),
    "feed": (
        *layouts.layer_norm("norm2", "norm2", SIZE),
        *layouts.dense("inner", "inner", SIZE, INNER),
        *layouts.dense("outer", "outer", INNER, SIZE),
    ),
}
WEIGHTS["block"] = WEIGHTS["attend"] + WEIGHTS["feed"]


def load_inputs(source: str | None, seed: int, count: int) -> InputSet:
    """Draw tokens of widely different sizes; every sequence keeps at least one."""
    random = generator("tokens", seed)
    x = random.standard_normal((count, LENGTH, SIZE)) * 10.0 ** random.uniform(
        -3, 1, (count, LENGTH, 1)
    )
    keep = random.integers(0, 2, (count, LENGTH))
    keep[:, 0] = 1
    return InputSet("drawn tokens", {"x": x.astype("float32"), "keep": keep.astype("float32")})


def make_port(model: type[Candidate] = Candidate) -> Port:
    def pair(
        part: str, inputs: Callable[[Given], Arrays], intermediates: tuple[str, ...] = ()
    ) -> Pair:
        return parts.pair(part, Reference, model, WEIGHTS[part], inputs, intermediates)

    return Port(
        "transformer_block",
        (
            pair("attend", lambda given: given.inputs.arrays, ("attended",)),
            pair("feed", lambda given: {"attended": given.intermediates["attended"]}, ("block",)),
            pair("block", lambda given: given.inputs.arrays),
        ),
        load_inputs,
        whole="block",
        equivalent={
            "*(attention/key/bias)": "adds the same number to a query's scores for all keys, "
            "which no softmax can see"
        },
    )


port = make_port()
