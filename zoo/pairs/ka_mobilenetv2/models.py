"""MobileNetV2 without its head: tf_keras.applications against timm, weights drawn.

The reference normalizes with an epsilon of 1e-3, which timm is given.
"""

import tf_keras

from zoo.absent import stand_in

stand_in("torchvision")

import timm  # noqa: E402
from torch import nn  # noqa: E402


def reference() -> tf_keras.Model:
    return tf_keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
    )


def candidate() -> nn.Module:
    model: nn.Module = timm.create_model(
        "mobilenetv2_100", num_classes=0, pad_type="same", bn_eps=1e-3
    )
    return model
