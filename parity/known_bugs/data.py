"""Mistakes in the inputs that a candidate is handed and in the outputs that it gives."""

from collections.abc import Callable, Iterator

import numpy as np

from parity.arrays import Array, Arrays
from parity.declaring.known_bug import KnownBug
from parity.declaring.trace import Task


def of_inputs(inputs: Arrays) -> Iterator[KnownBug]:
    """Every mistake that these inputs, batch first, allow."""
    for name, array in inputs.items():
        if array.ndim and len(array) > 1:
            yield _input(5, "first row's values for every row", name, _first_row)
        if array.dtype.kind == "f" and array.size > 1:
            yield _input(34, "float64 bytes read as float32", name, _misread)
        if array.dtype.kind == "f" and array.size and np.isin(array, (0, 1)).all():
            yield _input(22, "mask inverted", name, lambda a: 1 - a)
            yield _input(22, "mask ignored, as if all 1", name, np.ones_like)
            yield _input(22, "mask ignored, as if all 0", name, np.zeros_like)
        if array.ndim > 1 and array.shape[1] > 1:
            yield _input(None, "positions moved by one", name, lambda a: np.roll(a, 1, axis=1))
        if array.ndim > 1 and array.shape[0] == array.shape[1]:
            yield _input(23, "first two axes exchanged", name, lambda a: a.swapaxes(0, 1))


def of_outputs(outputs: Arrays) -> Iterator[KnownBug]:
    """Every mistake in giving outputs of these names and shapes."""
    named = list(outputs.items())
    yield KnownBug(24, "squeezed without an axis", "all outputs", outputs=_each(np.squeeze))
    for name, array in named:
        if array.dtype.kind == "f" and np.any(array):
            yield _output(None, "sign flipped", name, lambda a: -a)
        if array.ndim and not np.array_equal(array, array[::-1], equal_nan=array.dtype.kind == "f"):
            yield _output(23, "rows reversed", name, lambda a: a[::-1])
        if array.ndim > 2 and array.shape[-1] == array.shape[-2]:
            yield _output(23, "last two axes exchanged", name, lambda a: a.swapaxes(-1, -2))
        if array.ndim:
            yield _output(24, "an axis of size 1 more", name, lambda a: a[..., None])
    if len(named) > 1:
        yield KnownBug(None, "dropped", named[-1][0], outputs=_without(named[-1][0]))


def _input(trap: int | None, what: str, name: str, change: Callable[[Array], Array]) -> KnownBug:
    def changed(arrays: Arrays) -> Arrays:
        return {**arrays, name: np.asarray(change(arrays[name]), order="C")}

    return KnownBug(trap, what, name, inputs=changed)


def _output(trap: int | None, what: str, name: str, change: Callable[[Array], Array]) -> KnownBug:
    def changed(outputs: Arrays, task: Task) -> Arrays:
        if name not in outputs:
            return outputs
        return {**outputs, name: np.asarray(change(outputs[name]), order="C")}

    return KnownBug(trap, what, name, outputs=changed)


def _each(change: Callable[[Array], Array]) -> Callable[[Arrays, Task], Arrays]:
    return lambda outputs, task: {name: change(array) for name, array in outputs.items()}


def _without(name: str) -> Callable[[Arrays, Task], Arrays]:
    return lambda outputs, task: {k: array for k, array in outputs.items() if k != name}


def _first_row(array: Array) -> Array:
    return np.broadcast_to(array[:1], array.shape).copy()


def _misread(array: Array) -> Array:
    read = array.astype("<f8").ravel().view("<f4")[: array.size]
    plain: Array = np.nan_to_num(read, nan=0.0, posinf=0.0, neginf=0.0)
    return plain.reshape(array.shape)
