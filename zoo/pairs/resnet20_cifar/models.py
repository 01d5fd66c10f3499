"""ResNet-20 for images of 32 by 32 pixels: tf2cv against pytorchcv, weights drawn."""

from typing import Any

from zoo.absent import stand_in

stand_in("torchvision")

from pytorchcv.models.resnet_cifar import resnet20_cifar10 as torch_resnet  # noqa: E402
from tf2cv.models.resnet_cifar import resnet20_cifar10 as keras_resnet  # noqa: E402


def reference() -> Any:
    return keras_resnet(data_format="channels_last")


def candidate() -> Any:
    return torch_resnet()
