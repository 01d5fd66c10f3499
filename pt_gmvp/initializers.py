"""Keras' weight initialization, which differs from PyTorch's."""

import math
from collections.abc import Sequence

from torch import Generator, Tensor, nn


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Return Keras' fan-in and fan-out of an array in Keras' layout, with two or more axes.

    The last two axes are inputs and outputs, those before them a receptive field that multiplies
    both: a (1, H, 1, D) array has fans H and H * D.
    """
    *field, inputs, outputs = shape
    receptive = math.prod(field)
    return receptive * inputs, receptive * outputs


def glorot_uniform_(
    tensor: Tensor, shape: Sequence[int] | None = None, generator: Generator | None = None
) -> Tensor:
    """Fill `tensor` in place from U(-a, a), a = sqrt(6 / (fan-in + fan-out)); return it.

    Args:
        tensor: to fill.
        shape: the array's shape in Keras, if it differs from the tensor's.
        generator: source of random numbers; PyTorch's global one if None.
    """
    limit = math.sqrt(6 / sum(fans(tensor.shape if shape is None else shape)))
    return nn.init.uniform_(tensor, -limit, limit, generator=generator)


class Dense(nn.Linear):
    """Linear layer with the initial values of Keras' Dense: Glorot uniform kernel, zero bias."""

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw new initial values."""
        glorot_uniform_(self.weight, generator=generator)
        nn.init.zeros_(self.bias)
