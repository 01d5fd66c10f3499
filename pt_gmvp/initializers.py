"""The initial values that Keras gives its weights, which differ from PyTorch's."""

import math
from collections.abc import Sequence

from torch import Generator, Tensor, nn


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Keras' fan-in and fan-out of an array in Keras' layout, two axes or more.

    The last two axes are inputs and outputs, whatever stands before them a receptive field that
    multiplies both: a (1, H, 1, D) array has fans H and H * D.
    """
    *field, inputs, outputs = shape
    receptive = math.prod(field)
    return receptive * inputs, receptive * outputs


def glorot_uniform_(
    tensor: Tensor, shape: Sequence[int] | None = None, generator: Generator | None = None
) -> Tensor:
    """Fill `tensor` in place from U(-a, a), a = sqrt(6 / (fan-in + fan-out)); return it.

    Args:
        tensor: what to fill.
        shape: the shape that Keras gives the array, where it differs from the tensor's own.
        generator: the source of random numbers; PyTorch's global one if None.
    """
    limit = math.sqrt(6 / sum(fans(tensor.shape if shape is None else shape)))
    return nn.init.uniform_(tensor, -limit, limit, generator=generator)


class Dense(nn.Linear):
    """A Linear layer that starts as Keras' Dense does: Glorot uniform kernel, zero bias."""

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw the initial values anew."""
        glorot_uniform_(self.weight, generator=generator)
        nn.init.zeros_(self.bias)
