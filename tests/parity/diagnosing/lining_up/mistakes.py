"""Mistakes of small ports that no known bug or repair names: what is right, what is wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from parity.runners.tensorflow import tf
from tests.parity.diagnosing.lining_up.operation_ports import drawn


def _normalized_tf(x):
    mean = tf.reduce_mean(x, -1, keepdims=True)
    variance = tf.reduce_mean(tf.square(x - mean), -1, keepdims=True)
    return (x - mean) / tf.sqrt(variance + 1e-5)


def before_the_block(x, w):
    return x + tf.nn.relu(tf.matmul(_normalized_tf(x), w))


def behind_the_block(x, w):
    h = torch.relu(x @ w)
    return torch.nn.functional.layer_norm(x + h, x.shape[-1:])


def noise_before(x, n):
    return tf.tanh(_normalized_tf(x + 0.3 * n))


def noise_behind(x, n):
    scaled = torch.nn.functional.layer_norm(x, x.shape[-1:])
    noisy = scaled + 0.3 * n
    return noisy.tanh()


def largest_first(x, w):
    values, _ = tf.math.top_k(tf.matmul(x, w), 3)
    return tf.nn.softmax(values)


def softmax_first(x, w):
    scores = (x @ w).softmax(-1)
    return scores.topk(3, -1).values


def gated(x):
    value, gate = tf.split(x, 2, -1)
    return value * tf.sigmoid(1.702 * gate) + tf.square(gate)


def gated_by_the_other(x):
    value, gate = x.chunk(2, -1)
    return gate * torch.tanh(value.abs() + 0.5)


def resized_from_corners(x):
    small = tf.raw_ops.ResizeBilinear(images=x, size=(4, 8))
    return tf.cast(small, x.dtype) ** 3


def resized_from_centres(x):
    image = x.permute(0, 3, 1, 2)
    small = torch.nn.functional.interpolate(image, (4, 8), mode="bilinear")
    return small.permute(0, 2, 3, 1) ** 3


def normalized_on_both_sides(x, a):
    degrees = tf.reduce_sum(a, -1)
    roots = tf.math.rsqrt(degrees)
    return tf.matmul(roots[:, :, None] * a * roots[:, None, :], x)


def normalized_on_one_side(x, a):
    degrees = a.sum(-1, keepdim=True)
    return (a / degrees) @ x


def mask_added(x, m):
    scores = tf.matmul(x, x, transpose_b=True)
    return tf.matmul(tf.nn.softmax(scores + (1 - m[:, None, :]) * -1e9), x)


def mask_multiplied(x, m):
    scores = x @ x.transpose(1, 2)
    masked = scores * m[:, None, :]
    return masked.softmax(-1) @ x


def over_time(x, w):
    state = tf.zeros_like(x[:, 0])
    for step in range(3):
        gate = tf.sigmoid(tf.matmul(x[:, step], w))
        state = (1 - gate) * state + gate * tf.tanh(x[:, step])
    return state


def over_time_with_the_old_state(x, w):
    state = torch.zeros_like(x[:, 0])
    for step in range(3):
        now = x[:, step]
        gate = torch.sigmoid(now @ w)
        state = torch.lerp(now.tanh(), state, gate.square())
    return state


def in_pairs(x, a):
    one, other = x[..., ::2], x[..., 1::2]
    turned = [one * tf.cos(a) - other * tf.sin(a), one * tf.sin(a) + other * tf.cos(a)]
    return tf.reshape(tf.stack(turned, -1), tf.shape(x))


def in_halves(x, a):
    one, other = x.chunk(2, -1)
    first = one * a.cos() - other * a.sin()
    return torch.cat([first, one * a.sin() + other * a.cos()], -1)


def reset_behind_the_product(x, w, u):
    state = tf.zeros_like(x[:, 0])
    for step in range(3):
        reset = tf.sigmoid(tf.matmul(x[:, step], w))
        state = tf.tanh(x[:, step] + reset * tf.matmul(state, u))
    return state


def reset_before_the_product(x, w, u):
    state = torch.zeros_like(x[:, 0])
    for step in range(3):
        reset = torch.sigmoid(x[:, step] @ w)
        old = (reset * state) @ u
        state = torch.tanh(x[:, step] + old)
    return state


@dataclass(frozen=True)
class Mistake:
    """A mistake: both functions, their inputs, the shapes of their weights, and where it shows.

    `line` begins the line of the candidate that must be named.
    """

    right: Callable[..., object]
    wrong: Callable[..., object]
    line: str
    inputs: dict[str, np.ndarray]
    weights: dict[str, tuple[int, ...]] = field(default_factory=dict)


X, SEQUENCE = drawn(4, 6), drawn(3, 4, 5)
_MASK = (drawn(3, 4, seed=3) > -0.5).astype("float32")
_SQUARE: dict[str, tuple[int, ...]] = {"w": (5, 5), "u": (5, 5)}
MISTAKES = {
    "norm behind the block": Mistake(
        before_the_block, behind_the_block, "return torch.nn.f", {"x": X}, {"w": (6, 6)}
    ),
    "noise behind the norm": Mistake(
        noise_before, noise_behind, "noisy = ", {"x": X, "n": drawn(4, 6, seed=2)}
    ),
    "softmax before the largest": Mistake(
        largest_first, softmax_first, "scores = ", {"x": X}, {"w": (6, 7)}
    ),
    "gate of the other half": Mistake(gated, gated_by_the_other, "return gate", {"x": X}),
    "corners that are centres": Mistake(
        resized_from_corners, resized_from_centres, "small = torch", {"x": drawn(2, 8, 4, 3)}
    ),
    "degrees on one side": Mistake(
        normalized_on_both_sides,
        normalized_on_one_side,
        "return (a / degrees)",
        {"x": drawn(3, 5, 2), "a": drawn(3, 5, 5, seed=2, low=0.1)},
    ),
    "mask that multiplies": Mistake(
        mask_added, mask_multiplied, "return masked", {"x": SEQUENCE, "m": _MASK}
    ),
    "halves in place of pairs": Mistake(
        in_pairs, in_halves, "return torch.cat", {"x": drawn(3, 5, 4), "a": drawn(3, 5, 2, seed=3)}
    ),
    "state of a loop": Mistake(
        over_time, over_time_with_the_old_state, "state = ", {"x": SEQUENCE}, {"w": (5, 5)}
    ),
    "reset before the product": Mistake(
        reset_behind_the_product, reset_before_the_product, "old = ", {"x": SEQUENCE}, _SQUARE
    ),
}
