"""Small layers in TensorFlow, one for each mistake of docs/mistakes.md."""

import numpy as np
import tensorflow as tf

KERNEL = ((np.arange(108) * 7 % 11 - 5) / 8).reshape(3, 3, 3, 4)  # height, width, in, out
MATRIX = ((np.arange(36) * 5 % 13 - 6) / 8).reshape(6, 6)


def _constant(array, like):
    return tf.cast(array, like.dtype)


def softmax_axis(x):
    return tf.nn.softmax(x)


def gelu(x):
    return tf.nn.gelu(x, approximate=True)


def epsilon(x):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) / tf.sqrt(variance + tf.constant(1e-3, x.dtype))


def same_padding(x):
    return tf.nn.conv2d(x, _constant(KERNEL, x), 2, "SAME")


def average_pooling(x):
    return tf.nn.avg_pool2d(x, 3, 1, "SAME")


def flatten(x):
    return tf.reshape(x, (tf.shape(x)[0], -1))


def merged_heads(x):
    heads = tf.transpose(tf.reshape(x, (-1, 4, 2, 3)), (0, 2, 1, 3))
    heads = tf.nn.softmax(heads, axis=2)
    return tf.reshape(tf.transpose(heads, (0, 2, 1, 3)), (-1, 4, 6))


def gated(x):
    gate, value = tf.split(x, 2, axis=-1)
    return tf.sigmoid(gate) * value


def deviation(x):
    return tf.math.reduce_std(x, axis=1)


def scaled_scores(x):
    scores = tf.matmul(x, x, transpose_b=True)
    return tf.nn.softmax(scores / tf.sqrt(tf.constant(6, x.dtype)))


def space_to_depth(x):
    return tf.nn.space_to_depth(x, 2)


def relu_behind(x):
    return tf.nn.relu(x + tf.matmul(x, _constant(MATRIX, x)))


def divergence(x):
    wanted, given = tf.nn.softmax(x[:, 0]), tf.nn.log_softmax(x[:, 1])
    return tf.reduce_mean(tf.reduce_sum(wanted * (tf.math.log(wanted) - given), -1))


def causal_mask(x):
    scores = tf.matmul(x, x, transpose_b=True)
    seen = tf.linalg.band_part(tf.ones_like(scores), -1, 0)
    return tf.nn.softmax(scores - 1e9 * (1 - seen))


def transmittance(x):
    alpha = tf.sigmoid(x)
    return alpha * tf.math.cumprod(1 - alpha, axis=1, exclusive=True)


def pixel_scale(x):
    return tf.tanh(x / 127.5 - 1)


def highway(x):
    y = tf.matmul(x, _constant(MATRIX, x))
    gate = tf.sigmoid(y)
    return gate * tf.tanh(y) + (1 - gate) * x


def advantage(x):
    value, actions = x[:, 0, :1], x[:, 1]
    return value + actions - tf.reduce_mean(actions, -1, keepdims=True)


def adjacency(x):
    edges = tf.abs(tf.matmul(x, x, transpose_b=True))
    degree = tf.reduce_sum(edges, -1)
    return edges * tf.math.rsqrt(degree)[:, :, None] * tf.math.rsqrt(degree)[:, None, :]


def coverage(x):
    past = tf.zeros_like(x[:, 0])
    for step in tf.unstack(x, axis=1):
        past += tf.nn.softmax(step - past)
    return past


def smoothing(x):
    level, trend = x[:, 0], tf.zeros_like(x[:, 0])
    for step in tf.unstack(x, axis=1)[1:]:
        previous, level = level, 0.25 * step + 0.75 * (level + trend)
        trend = 0.5 * (level - previous) + 0.5 * trend
    return level + trend
