"""Changes of a weight's layout between Keras and torch: pure permutations with exact inverses.

Keras has dense kernels as (in, out) and GRU gates in the order z, r, h; torch has (out, in) and
r, z, n. Results are always C-contiguous, because safetensors' numpy writer stores the raw buffer of
a transposed view, which scrambles the values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Transform:
    """A named change of layout from one Keras array to one or more arrays of the port.

    `forward` maps the Keras array to the port's arrays, `inverse` maps them back, and `shapes` is
    `forward` for shapes. All values keep their bits.
    """

    name: str
    forward: Callable[[Array], tuple[Array, ...]]
    inverse: Callable[[Sequence[Array]], Array]
    shapes: Callable[[Shape], tuple[Shape, ...]]


def _swap_gates(array: Array) -> Array:
    """Swap the first two of three blocks along the last axis: z,r,h <-> r,z,h."""
    first, second, third = np.split(array, 3, axis=-1)
    return np.concatenate([second, first, third], axis=-1)


def _copy(array: Array) -> Array:
    return np.array(array, order="C", copy=True)


def _gru_bias_forward(array: Array) -> tuple[Array, ...]:
    swapped = _swap_gates(array)
    return _copy(swapped[0]), _copy(swapped[1])


IDENTITY = Transform(
    "identity",
    forward=lambda array: (_copy(array),),
    inverse=lambda arrays: _copy(arrays[0]),
    shapes=lambda shape: (shape,),
)

TRANSPOSE = Transform(
    "transpose",  # (in, out) <-> (out, in)
    forward=lambda array: (_copy(array.T),),
    inverse=lambda arrays: _copy(arrays[0].T),
    shapes=lambda shape: (shape[::-1],),
)

GRU_KERNEL = Transform(
    "gru_kernel",  # (F, 3M) z,r,h <-> (3M, F) r,z,n
    forward=lambda array: (_copy(_swap_gates(array).T),),
    inverse=lambda arrays: _copy(_swap_gates(arrays[0].T)),
    shapes=lambda shape: (shape[::-1],),
)

GRU_BIAS = Transform(
    "gru_bias",  # (2, 3M) z,r,h: row 0 input, row 1 recurrent <-> two (3M,) r,z,n
    forward=_gru_bias_forward,
    inverse=lambda arrays: _copy(_swap_gates(np.stack(arrays))),
    shapes=lambda shape: (shape[1:], shape[1:]),
)

TRANSFORMS = {item.name: item for item in (IDENTITY, TRANSPOSE, GRU_KERNEL, GRU_BIAS)}
