"""Mistakes of small ports that no known bug or repair names: what is right, what is wrong."""

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
    small = tf.compat.v1.image.resize_bilinear(x, (4, 8), half_pixel_centers=False)
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


_MASK = (drawn(3, 5, seed=3) > -0.5).astype("float32")
MISTAKES = {
    "norm": (before_the_block, behind_the_block, {"x": drawn(4, 6)}, {"w": (6, 6)}),
    "noise": (noise_before, noise_behind, {"x": drawn(4, 6), "n": drawn(4, 6, seed=2)}, {}),
    "top": (largest_first, softmax_first, {"x": drawn(4, 6)}, {"w": (6, 7)}),
    "gate": (gated, gated_by_the_other, {"x": drawn(4, 6)}, {}),
    "resize": (resized_from_corners, resized_from_centres, {"x": drawn(2, 8, 4, 3)}, {}),
    "graph": (
        normalized_on_both_sides,
        normalized_on_one_side,
        {"x": drawn(3, 5, 2), "a": drawn(3, 5, 5, seed=2, low=0.1)},
        {},
    ),
    "mask": (mask_added, mask_multiplied, {"x": drawn(3, 5, 4), "m": _MASK}, {}),
    "time": (over_time, over_time_with_the_old_state, {"x": drawn(4, 3, 5)}, {"w": (5, 5)}),
}
