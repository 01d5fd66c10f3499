"""An image net, channels last in Keras and first in PyTorch: `parity check conv_net.py`.

What such ports get wrong: SAME pads unevenly at stride 2, BatchNorm's epsilon is 1e-3 in Keras and
1e-5 in PyTorch, and Flatten sees the channels last in Keras but first in PyTorch.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from parity import layouts, parts
from parity.inputs import generator
from parity.port import Arrays, Given, InputSet, Pair, Port

HEIGHT, WIDTH, CHANNELS, FILTERS, CLASSES = 9, 12, 3, 8, 4
FLAT = 5 * 6 * FILTERS  # after a stride of 2


class Reference:
    """The net in Keras; images are (batch, height, width, channels)."""

    def __init__(self, dtype: str) -> None:
        from tf_keras import layers

        self.conv = layers.Conv2D(FILTERS, 3, strides=2, padding="same", dtype=dtype)
        self.norm = layers.BatchNormalization(dtype=dtype)
        self.dense = layers.Dense(CLASSES, dtype=dtype)
        self.conv.build((None, HEIGHT, WIDTH, CHANNELS))
        self.norm.build((None, 5, 6, FILTERS))
        self.dense.build((None, FLAT))

    def stem(self, image):
        import tensorflow as tf

        return {"stem": tf.nn.relu(self.norm(self.conv(image), training=False))}

    def head(self, stem):
        import tensorflow as tf

        return {"logits": self.dense(tf.reshape(stem, (-1, FLAT)))}

    def net(self, image):
        stem = self.stem(image)
        return {**stem, **self.head(**stem)}

    def parameters(self):
        layers = {"conv": self.conv, "norm": self.norm, "dense": self.dense}
        return {
            f"{name}/{variable.name.split('/')[-1].split(':')[0]}": variable
            for name, layer in layers.items()
            for variable in layer.variables
        }


class Candidate(nn.Module):
    """The same in PyTorch; its outputs have the channels last again, to be compared."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, FILTERS, 3, stride=2)
        self.norm = nn.BatchNorm2d(FILTERS, eps=1e-3, momentum=0.01)
        self.dense = nn.Linear(FLAT, CLASSES)

    def convolved(self, image: Tensor) -> Tensor:
        # SAME at stride 2 pads an odd height above and below, an even width only on the right.
        return self.conv(functional.pad(image, (0, 1, 1, 1)))

    def stem(self, image: Tensor) -> dict[str, Tensor]:
        convolved = self.convolved(image.permute(0, 3, 1, 2))
        return {"stem": torch.relu(self.norm(convolved)).permute(0, 2, 3, 1)}

    def head(self, stem: Tensor) -> dict[str, Tensor]:
        return {"logits": self.dense(stem.flatten(1))}

    def net(self, image: Tensor) -> dict[str, Tensor]:
        stem = self.stem(image)
        return {**stem, **self.head(**stem)}


WEIGHTS = {
    "stem": (
        *layouts.conv2d("conv", "conv", (3, 3), CHANNELS, FILTERS),
        *layouts.batch_norm("norm", "norm", FILTERS),
    ),
    "head": layouts.dense("dense", "dense", FLAT, CLASSES),
}
WEIGHTS["net"] = WEIGHTS["stem"] + WEIGHTS["head"]


def load_inputs(source: str | None, seed: int, count: int) -> InputSet:
    images = generator("images", seed).standard_normal((count, HEIGHT, WIDTH, CHANNELS))
    return InputSet("drawn images", {"image": images.astype("float32")})


def make_port(model: type[Candidate] = Candidate) -> Port:
    def pair(
        part: str, inputs: Callable[[Given], Arrays], intermediates: tuple[str, ...] = ()
    ) -> Pair:
        return parts.pair(part, Reference, model, WEIGHTS[part], inputs, intermediates)

    return Port(
        "conv_net",
        (
            pair("stem", lambda given: given.inputs.arrays, ("stem",)),
            pair("head", lambda given: {"stem": given.intermediates["stem"]}, ("logits",)),
            pair("net", lambda given: given.inputs.arrays),
        ),
        load_inputs,
        whole="net",
    )


port = make_port()
