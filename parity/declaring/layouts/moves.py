"""Weights that the candidate stores in another layout: moved elements, with exact inverses."""

from collections.abc import Callable

import numpy as np

from parity.arrays import Array
from parity.declaring.weight import Weight


def same(name: str, shape: tuple[int, ...], key: str, positive: bool = False) -> Weight:
    """Return a weight that both sides store in the same layout; `positive` for a variance."""
    return Weight(name, shape, (key,), positive=positive)


def transposed(name: str, shape: tuple[int, ...], key: str, axes: tuple[int, ...]) -> Weight:
    """Return a weight that the candidate stores transposed; `axes` as for numpy.transpose."""
    back = tuple(int(axis) for axis in np.argsort(axes))
    return Weight(
        name,
        shape,
        (key,),
        f"transpose {axes}",
        lambda array: (np.ascontiguousarray(array.transpose(axes)),),
        lambda arrays: np.ascontiguousarray(arrays[0].transpose(back)),
    )


def gated(
    name: str,
    shape: tuple[int, ...],
    key: str,
    gates: tuple[int, ...],
    axes: tuple[int, ...] | None = None,
) -> Weight:
    """Return a weight whose last axis holds gates that the candidate has in another order.

    Args:
        name: the canonical name.
        shape: the shape in the reference.
        key: the candidate's key.
        gates: the reference's number of each of the candidate's gates, in the candidate's order.
        axes: the transposition that follows, as for `transposed`; None for none.
    """
    order = tuple(axes or range(len(shape)))
    away, home = _reordered(gates), _reordered(tuple(int(g) for g in np.argsort(gates)))
    back = tuple(int(axis) for axis in np.argsort(order))
    return Weight(
        name,
        shape,
        (key,),
        f"gates {gates}, transpose {order}" if axes else f"gates {gates}",
        lambda array: (np.ascontiguousarray(away(array).transpose(order)),),
        lambda arrays: np.ascontiguousarray(home(arrays[0].transpose(back))),
    )


def gated_rows(name: str, units: int, keys: tuple[str, str], gates: tuple[int, ...]) -> Weight:
    """Map a Keras bias (2, gates) to two vectors, one for the inputs and one for the state."""
    away, home = _reordered(gates), _reordered(tuple(int(g) for g in np.argsort(gates)))
    return Weight(
        name,
        (2, len(gates) * units),
        keys,
        f"rows, gates {gates}",
        lambda array: tuple(np.ascontiguousarray(row) for row in away(array)),
        lambda arrays: np.ascontiguousarray(home(np.stack(arrays))),
    )


def folded(name: str, shape: tuple[int, ...], key: str, flat: tuple[int, int]) -> Weight:
    """Return a weight reshaped to the matrix `flat` and transposed, as attention heads are."""

    def forward(array: Array) -> tuple[Array, ...]:
        return (np.ascontiguousarray(array.reshape(flat).T),)

    def inverse(arrays: tuple[Array, ...]) -> Array:
        return np.ascontiguousarray(arrays[0].T).reshape(shape)

    return Weight(name, shape, (key,), "fold", forward, inverse)


def reshaped(
    name: str,
    shape: tuple[int, ...],
    key: str,
    flat: tuple[int, ...],
    axes: tuple[int, ...] | None = None,
) -> Weight:
    """Return a weight that the candidate stores in another shape.

    Args:
        name: the canonical name.
        shape: the shape in the reference.
        key: the candidate's key.
        flat: the shape in the candidate.
        axes: the transposition before, as for `transposed`; None if the elements keep their order.
    """
    order = tuple(axes or range(len(shape)))
    back = tuple(int(axis) for axis in np.argsort(order))
    moved = tuple(shape[axis] for axis in order)
    return Weight(
        name,
        shape,
        (key,),
        f"transpose {order}, reshape" if axes else "reshape",
        lambda array: (np.ascontiguousarray(array.transpose(order)).reshape(flat),),
        lambda arrays: np.ascontiguousarray(arrays[0].reshape(moved).transpose(back)).reshape(
            shape
        ),
    )


def image_vector(name: str, size: int, key: str, channels: int, positive: bool = False) -> Weight:
    """Return a vector over a flattened image, with the channels last here and first there.

    Args:
        name: the canonical name.
        size: the number of elements.
        key: the candidate's key.
        channels: of the image.
        positive: whether it is a variance.
    """
    return Weight(
        name,
        (size,),
        (key,),
        f"{channels} channels first",
        lambda array: (np.ascontiguousarray(array.reshape(-1, channels).T).reshape(size),),
        lambda arrays: np.ascontiguousarray(arrays[0].reshape(channels, -1).T).reshape(size),
        positive=positive,
    )


def _reordered(gates: tuple[int, ...]) -> Callable[[Array], Array]:
    def reordered(array: Array) -> Array:
        split = array.reshape(*array.shape[:-1], len(gates), -1)
        return split[..., list(gates), :].reshape(array.shape)

    return reordered
