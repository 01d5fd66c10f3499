"""Write weights as the frameworks do, from models of gMVP's structure; a script the tests run.

`make FOLDER` writes every format, each beside `<name>.npz` with the weights it holds by canonical
name; `load H5 NPZ` loads a Keras 2 file into a fresh model and saves what the model then holds.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "KERAS_BACKEND": "tensorflow",
}

import numpy as np
import tensorflow as tf
import tf_keras

F, M, H = 24, 16, 2
OWN = {
    "position_bias": (1, 1, 1, 129),
    "agg_v": (1, H, 1, M // H),
    "bias_k": (1, 1, M),
    "bias_v": (1, 1, M),
    "bias_position_bias": (1, 1, 1, 1),
    "bias_pairwise": (1, 1, M),
}
PROJECTIONS = {"wq": F, "wk": F, "wv": F, "out_proj": M, "w_pairwise": F}


def encoding(keras):
    return keras.Sequential([keras.layers.Dense(F, activation="relu")])


def make_model(keras: Any, projections=None, top=("mha", "gru"), order=tuple(PROJECTIONS)):  # noqa: C901
    """A model of gMVP's structure; `projections` renames attributes inside the attention."""
    attributes = projections or {name: name for name in PROJECTIONS}

    class MultiHeadAttention(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            for name in order:
                setattr(self, attributes[name], keras.layers.Dense(M))

        def build(self, shape):
            for name, size in OWN.items():
                setattr(self, name, self.add_weight(name=name, shape=size))
            for name, width in PROJECTIONS.items():
                with tf.name_scope(name):
                    getattr(self, attributes[name]).build((None, width))
            self.built = True

        def call(self, inputs):
            return getattr(self, attributes["wq"])(inputs)

    class EvolEncoder(keras.layers.Layer):
        def build(self, shape):
            self.species_weights = self.add_weight(name="species_weights", shape=(1, 200))
            self.built = True

        def call(self, inputs):
            return inputs

    class GMVP(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.variant_encoding = encoding(keras)
            self.neighbor_encoding = encoding(keras)
            self.pairwise_encoding = encoding(keras)
            self.evol_encoder = EvolEncoder()
            self.logit = keras.layers.Dense(1)
            setattr(self, top[0], MultiHeadAttention())
            setattr(self, top[1], keras.layers.GRUCell(M, dropout=0.4, recurrent_dropout=0.4))

        def call(self, inputs):
            variant = self.variant_encoding(inputs[:, :91])
            self.neighbor_encoding(inputs[:, :73])
            self.pairwise_encoding(inputs)
            self.evol_encoder(inputs)
            gathered = getattr(self, top[0])(variant)
            joined, _ = getattr(self, top[1])(variant, [gathered])
            return self.logit(joined)

        def get_config(self):
            return {}

    model = GMVP()
    model(np.zeros((2, 442), np.float32))
    model.described = attributes, top
    return model


def canonical(model):
    """The model's variables by canonical name, found by attribute and not by order."""
    attributes, top = model.described
    attention, gru = getattr(model, top[0]), getattr(model, top[1])
    named = {}
    for name in ("variant_encoding", "neighbor_encoding", "pairwise_encoding"):
        named[name] = getattr(model, name).layers[0]
    named |= {"evol_encoder": model.evol_encoder, "logit": model.logit, "mha": attention}
    named |= {f"mha/{name}": getattr(attention, attributes[name]) for name in PROJECTIONS}
    named["gru"] = gru
    leaves = ["species_weights", *OWN, "kernel", "recurrent_kernel", "bias"]
    return {
        f"{path}/{leaf}": getattr(layer, leaf)
        for path, layer in named.items()
        for leaf in leaves
        if hasattr(layer, leaf)
    }


def fill(model, seed):
    generator = np.random.default_rng(seed)
    for variable in canonical(model).values():
        variable.assign(generator.standard_normal(variable.shape).astype(np.float32))
    return model


def save_truth(model, path):
    arrays: dict[str, Any] = {n: np.asarray(value) for n, value in canonical(model).items()}
    np.savez(path, **arrays)


def trained(model, optimizer):
    variables = [*canonical(model).values()]
    optimizer.apply_gradients([(tf.zeros_like(value), value) for value in variables])
    return optimizer


def make(folder):
    import keras

    first = model = fill(make_model(tf_keras), 1)
    save_truth(model, folder / "keras2.npz")
    model.save_weights(folder / "save_weights" / "epoch-7", save_format="tf")
    model.save(folder / "saved_model", save_format="tf")
    adam = trained(model, tf_keras.optimizers.Adam())
    tf.train.Checkpoint(model=model, optimizer=adam).save(folder / "checkpoint" / "ckpt")
    slots = trained(model, tf_keras.optimizers.legacy.Adam())
    tf.train.Checkpoint(net=model, opt=slots).save(folder / "slots" / "ckpt")
    tf.train.Checkpoint(model=model, twin=fill(make_model(tf_keras), 2)).save(
        folder / "twins" / "ckpt"
    )
    for name, order in {
        "swapped": ("wv", "wk", "wq", "out_proj", "w_pairwise"),
        "reversed": ("w_pairwise", "out_proj", "wv", "wk", "wq"),
    }.items():
        model = fill(make_model(tf_keras, order=order), 3)
        save_truth(model, folder / f"{name}.npz")
        tf.train.Checkpoint(model).write(folder / name / "ckpt")
    unnamed = {name: f"dense_{number}" for number, name in enumerate(PROJECTIONS)}
    plain = fill(make_model(tf_keras, unnamed, top=("attention", "cell")), 4)
    save_truth(plain, folder / "plain.npz")
    tf.train.Checkpoint(plain).write(folder / "plain" / "ckpt")
    tf.train.Checkpoint(step=tf.Variable(3, dtype=tf.int64), model=first).write(
        folder / "step" / "ckpt"
    )

    model = fill(make_model(keras), 5)
    model.compile("adam", loss="mse")
    model.fit(np.zeros((2, 442), np.float32), np.zeros((2, 1), np.float32), verbose=0)
    save_truth(model, folder / "keras3.npz")
    model.save_weights(folder / "keras3.weights.h5")
    model.save(folder / "keras3.keras")
    unnamed = {name: f"projection_{number}" for number, name in enumerate(PROJECTIONS)}
    model = fill(make_model(keras, unnamed), 6)
    save_truth(model, folder / "keras3_unnamed.npz")
    model.save_weights(folder / "keras3_unnamed.weights.h5")


def load(weights, out):
    model = fill(make_model(tf_keras), 0)
    model.load_weights(weights)
    save_truth(model, out)


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"make": make, "load": load}
    commands[sys.argv[1]](*map(Path, sys.argv[2:]))
