"""Dense layers and convolutions that the candidate has as a layer of another kind."""

import tensorflow as tf
from tf_keras import layers


class Pointwise(layers.Layer):
    """Two square Dense layers over the last axis."""

    def __init__(self):
        super().__init__()
        self.one, self.two = layers.Dense(5, "tanh"), layers.Dense(5)

    def call(self, x):
        return self.two(self.one(x))


class Gate(layers.Layer):
    """Channels gated by Dense layers on their means."""

    def __init__(self):
        super().__init__()
        self.squeeze, self.excite = layers.Dense(3, "relu"), layers.Dense(8)

    def call(self, x):
        return x * tf.sigmoid(self.excite(self.squeeze(tf.reduce_mean(x, [1, 2]))))[:, None, None]


class Steps(layers.Layer):
    """Square convolutions over one step."""

    def __init__(self):
        super().__init__()
        self.one, self.two = layers.Conv1D(5, 1, activation="tanh"), layers.Conv1D(5, 1)

    def call(self, x):
        return self.two(self.one(x))


class Separable(layers.Layer):
    """A separable convolution of as many filters as channels."""

    def __init__(self):
        super().__init__()
        self.conv = layers.SeparableConv2D(4, 3, padding="same", activation="tanh")

    def call(self, x):
        return self.conv(x)


class Covering(layers.Layer):
    """A convolution that covers its whole input."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = layers.Conv2D(4, 3, padding="same"), layers.Conv2D(5, (4, 4))

    def call(self, x):
        return self.last(tf.tanh(self.conv(x)))[:, 0, 0]


class Flat(layers.Layer):
    """A Dense on a flattened image."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = layers.Conv2D(4, 3, padding="same"), layers.Dense(5)

    def call(self, x):
        return self.last(tf.reshape(tf.tanh(self.conv(x)), [-1, 64]))


class Patches(layers.Layer):
    """Patches of an image, embedded by a convolution."""

    def __init__(self):
        super().__init__()
        self.embed, self.mix = layers.Conv2D(6, 2, 2), layers.Dense(6)

    def call(self, x):
        return self.mix(tf.reshape(self.embed(x), [-1, 4, 6]))


class Decoder(layers.Layer):
    """A Dense whose outputs become an image."""

    def __init__(self):
        super().__init__()
        self.grow, self.paint = layers.Dense(48, "tanh"), layers.Conv2D(3, 3, padding="same")

    def call(self, z):
        return self.paint(tf.reshape(self.grow(z), [-1, 4, 4, 3]))


class Generator(layers.Layer):
    """The same without a bias, normalized before it becomes an image."""

    def __init__(self):
        super().__init__()
        self.grow, self.norm = layers.Dense(48, use_bias=False), layers.BatchNormalization()
        self.paint = layers.Conv2DTranspose(2, 4, 2, padding="same")

    def call(self, z):
        return self.paint(tf.reshape(tf.nn.relu(self.norm(self.grow(z))), [-1, 4, 4, 3]))


class NormalizedFlat(layers.Layer):
    """A flattened image, normalized before a Dense."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = layers.Conv2D(4, 3, padding="same"), layers.LayerNormalization()
        self.last = layers.Dense(5)

    def call(self, x):
        return self.last(self.norm(tf.reshape(self.conv(x), [-1, 64])))


class Own(layers.Layer):
    """Matrices that belong to no layer of a known kind."""

    def build(self, shape):
        self.w, self.v = self.add_weight("w", (4, 4)), self.add_weight("v", (4, 6))

    def call(self, x):
        return tf.tanh(x @ self.w) @ self.v
