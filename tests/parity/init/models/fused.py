"""Layers of which the candidate has several in one."""

import tensorflow as tf
from tf_keras import layers


def attend(q, k, v):
    """Attention of two heads of size 4 over 5 places."""
    q, k, v = (tf.transpose(tf.reshape(x, [-1, 5, 2, 4]), [0, 2, 1, 3]) for x in (q, k, v))
    weights = tf.nn.softmax(tf.matmul(q, k, transpose_b=True) / 2.0)
    return tf.reshape(tf.transpose(tf.matmul(weights, v), [0, 2, 1, 3]), [-1, 5, 8])


class Separate(layers.Layer):
    """Attention of four Dense layers."""

    def __init__(self):
        super().__init__()
        self.query, self.key = layers.Dense(8), layers.Dense(8)
        self.value, self.out = layers.Dense(8), layers.Dense(8)

    def call(self, x):
        return self.out(attend(self.query(x), self.key(x), self.value(x)))


class Keras(layers.Layer):
    """Attention as Keras has it."""

    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4)

    def call(self, x):
        return self.attention(x, x)


class Gated(layers.Layer):
    """A convolution gated by another."""

    def __init__(self):
        super().__init__()
        self.value = layers.Conv1D(6, 3, padding="same")
        self.gate = layers.Conv1D(6, 3, padding="same")

    def call(self, x):
        return self.value(x) * tf.sigmoid(self.gate(x))
