"""What usual models look like: outputs of any type, arguments of any name, images, sharing."""

import keras as keras3
import numpy as np
import tensorflow as tf
from tf_keras import Model, Sequential, layers


class Named(layers.Layer):
    """A dictionary of outputs, one of them None."""

    def __init__(self):
        super().__init__()
        self.hidden, self.last = layers.Dense(6, "tanh"), layers.Dense(3)

    def call(self, x):
        hidden = self.hidden(x)
        return {"logits": self.last(hidden), "loss": None, "states": ((x, hidden),)}


class Masked(keras3.layers.Layer):
    """A call argument that is named as Keras' own."""

    def __init__(self):
        super().__init__()
        self.score, self.value = keras3.layers.Dense(1), keras3.layers.Dense(5)

    def call(self, tokens, mask):
        score = self.score(tokens) + (1.0 - mask[..., None]) * -1e9
        return tf.reduce_sum(tf.nn.softmax(score, 1) * self.value(tokens), 1)


class Batch(layers.Layer):
    """All inputs in one dictionary."""

    def __init__(self):
        super().__init__()
        self.one, self.two = layers.Dense(4), layers.Dense(4)

    def call(self, batch):
        return self.one(batch["a"]) * self.two(batch["b"])


def image():
    return keras3.Sequential(
        [
            keras3.Input((8, 6, 3)),
            keras3.layers.Conv2D(4, 3, padding="same", activation="relu"),
            keras3.layers.MaxPooling2D(),
            keras3.layers.Flatten(),
            keras3.layers.Dense(2),
        ]
    )


def filtered():
    return keras3.Sequential([keras3.Input((8, 6, 3)), keras3.layers.Conv2D(3, 3, padding="same")])


class Square(layers.Layer):
    """As many places as channels: sizes fit every order of axes."""

    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(4, 3, padding="same", activation="tanh")

    def call(self, x):
        return tf.cumsum(self.conv(x), 1)


class Pairs(layers.Layer):
    """Pairs of places, without an image: no layer has channels."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4, "tanh")

    def call(self, pair):
        return pair + tf.cumsum(self.dense(pair), 1)


class Positioned(layers.Layer):
    """A table of positions and a mask that are computed."""

    def __init__(self):
        super().__init__()
        self.dense, self.score, self.value = layers.Dense(8), layers.Dense(8), layers.Dense(3)

    def call(self, x):
        angles = np.arange(5)[:, None] / 100.0 ** (np.arange(4) / 4)
        table = np.concatenate([np.sin(angles), np.cos(angles)], 1)
        x = tf.tanh(self.dense(x) + tf.constant(table, x.dtype))
        later = 1 - tf.linalg.band_part(tf.ones((5, 5), x.dtype), -1, 0)
        scores = tf.matmul(self.score(x), x, transpose_b=True) - 1e9 * later
        return tf.matmul(tf.nn.softmax(scores), self.value(x))


class Encoder(layers.Layer):
    def __init__(self, shared):
        super().__init__()
        self.shared, self.dense = shared, layers.Dense(6)

    def call(self, x):
        return self.dense(self.dense(self.shared(x)))


class Shared(Model):
    """One embedding under two paths, tied to the last layer; one layer called twice."""

    def __init__(self):
        super().__init__()
        self.shared = layers.Embedding(11, 6)
        self.encoder = Encoder(self.shared)

    def call(self, words):
        hidden = self.encoder(words)
        return tf.matmul(hidden, self.shared.embeddings, transpose_b=True)


def plain():
    return Sequential([layers.Dense(6, activation="relu"), layers.Dense(6)])


class Positions(layers.Layer):
    def __init__(self):
        super().__init__()
        self.x_table, self.y_table = layers.Embedding(11, 6), layers.Embedding(11, 6)

    def call(self, box):
        return tf.tanh(self.x_table(box[..., 0]) + self.y_table(box[..., 1]))


class SmallBranch(layers.Layer):
    """A branch so small that float32 hardly shows it, beside the input itself."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = layers.Dense(8), layers.Dense(8), layers.Dense(8)

    def call(self, x):
        scores = tf.nn.softmax(tf.matmul(self.q(x), self.k(x), transpose_b=True))
        return 1e-7 * tf.matmul(scores, self.v(x)) + x
