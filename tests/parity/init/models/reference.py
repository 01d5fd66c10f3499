"""Small models of every kind that `parity init` is tried on, in Keras and TensorFlow."""

import keras as keras3
import tensorflow as tf
import tf_keras as keras
from tf_keras import layers


def dense():
    shape = layers.Input((6,))
    inner = layers.Dense(6, "tanh")(layers.Dense(6, "relu")(shape))
    return keras.Model(shape, layers.Dense(4)(inner))


def conv():
    return keras.Sequential(
        [
            layers.Input((7, 10, 3)),
            layers.Conv2D(8, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5),
        ]
    )


def lstm():
    words = layers.Input((6,), dtype="int64", name="words")
    hidden = layers.LSTM(11, return_sequences=True)(layers.Embedding(30, 9)(words))
    return keras.Model(words, layers.Dense(5)(hidden))


def gru():
    return keras.Sequential([layers.Input((6, 8)), layers.GRU(8)])


class Attend(keras.Model):
    def __init__(self):
        super().__init__()
        self.attention = layers.MultiHeadAttention(2, 4)
        self.norm = layers.LayerNormalization()

    def call(self, x):
        return {"y": self.norm(x + self.attention(x, x))}


def summed():
    x = layers.Input((8,))
    return keras.Model(x, (layers.Dense(8)(x), layers.Dense(8)(x) + layers.Dense(8)(x)))


def keras_three():
    x, words = keras3.Input((8,)), keras3.Input((5,), dtype="int32", name="words")
    mixed = keras3.layers.Embedding(20, 8)(words)
    mixed = keras3.layers.GRU(8)(mixed) * keras3.layers.Dense(8)(x)
    return keras3.Model([x, words], {"mixed": mixed, "out": keras3.layers.Dense(3)(mixed)})


class Gate(keras3.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(6, 6), name="w")
        self.v = self.add_weight(shape=(6, 6), name="v")
        self.b = self.add_weight(shape=(6,), name="b", initializer="zeros")

    def call(self, x):
        return keras3.ops.sigmoid(x @ self.w + self.b) * (x @ self.v)


gate = Gate()


class Affine(tf.Module):
    def __init__(self, dtype):
        super().__init__()
        self.w = tf.Variable(tf.random.normal((6, 6), dtype=dtype))

    def __call__(self, x):
        return x @ self.w


class Single(tf.Module):
    def __init__(self):
        super().__init__()
        self.w = tf.Variable(tf.random.normal((6, 6)))

    def __call__(self, x):
        return x @ tf.cast(self.w, x.dtype)


class InGroups(keras.layers.Layer):
    """Records in groups of four, as a model with a fixed batch has them."""

    def __init__(self):
        super().__init__()
        self.inner = layers.Dense(5)

    def call(self, x):
        groups = tf.reshape(self.inner(x), (-1, 4, 5))
        return tf.reshape(groups - tf.reduce_mean(groups, 1, keepdims=True), (-1, 5))
