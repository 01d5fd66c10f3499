"""Keras models whose layers PyTorch has as one, or as two of its own."""

import keras as keras3
import tf_keras as keras
from tf_keras import layers


def steps(layer):
    return layer(4, return_sequences=True)


def model(call, shape=(3, 4)):
    x = layers.Input(shape)
    return keras.Model(x, call(x))


def separable():
    return keras.Sequential(
        [
            layers.Input((6, 7, 3)),
            layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu", padding="same"),
            layers.SeparableConv2D(5, (3, 1), padding="same", use_bias=False),
            layers.GlobalAveragePooling2D(),
        ]
    )


def separable_one():
    x = keras3.Input((9, 4))
    return keras3.Model(x, keras3.layers.SeparableConv1D(5, 3)(x))


def separables_summed():
    return model(lambda x: layers.SeparableConv1D(4, 3)(x) + layers.SeparableConv1D(4, 3)(x))


def bidirectional():
    return model(layers.Bidirectional(steps(layers.GRU)))


def both_ways_summed():
    return model(layers.Bidirectional(steps(layers.GRU), merge_mode="sum"))


def last_of_both_ways():
    return model(layers.Bidirectional(layers.SimpleRNN(4)))


def bidirectionals_summed():
    def one(x):
        return layers.Bidirectional(steps(layers.SimpleRNN))(x)

    return model(lambda x: one(x) + one(x))


def backwards():
    return model(layers.GRU(4, go_backwards=True, return_sequences=True, use_bias=False))


def deep():
    def one(x):
        return layers.Bidirectional(steps(layers.LSTM))(x)

    return model(lambda x: one(one(x)))


def stacked():
    return model(lambda x: steps(layers.GRU)(steps(layers.GRU)(x)))


def stacked_cells():
    cells = [layers.LSTMCell(4), layers.LSTMCell(4)]
    return model(layers.RNN(cells, return_sequences=True))


def stacks_summed():
    def one(x):
        return steps(layers.SimpleRNN)(steps(layers.SimpleRNN)(x))

    return model(lambda x: one(x) + one(x))


def cells():
    def call(x):
        x = steps(layers.GRU)(steps(layers.SimpleRNN)(x))
        return layers.Dense(16)(layers.LSTM(4)(x))

    return model(call)


def torchs_cell():
    return model(steps(layers.LSTM))


def flat():
    return model(lambda x: steps(layers.GRU)(layers.Dense(4)(layers.Dense(12)(x))))


def cells_summed():
    return model(lambda x: layers.GRU(4)(x) + layers.GRU(4)(x))


class Late(keras.Model):
    """Makes its layer in the call."""

    def __init__(self):
        super().__init__()
        self.inner = None

    def call(self, x):
        if self.inner is None:
            self.inner = layers.Dense(4, "tanh")
        return self.inner(x)
