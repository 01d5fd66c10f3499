"""Reused memory for the arrays of successive batches.

The system allocates the pages of a new array one by one and zeroes each, which takes longer than
copying data into them. An array is therefore reused as soon as nothing refers to it.
"""

import sys
from collections.abc import Iterator
from math import prod
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT = 3  # one being filled, one in use, one queued between them
_LINE = 64  # bytes of a cache line and of the widest vector register
_SPARE = _LINE // np.dtype(np.float32).itemsize


class Buffers:
    """A pool of float32 arrays, each reused only when nothing outside the pool refers to it.

    A view of an array, or a tensor that shares its memory, keeps it from being reused, so an array
    never changes while it is in use. Thread-safe; a copy in another process starts empty.
    """

    def __init__(self) -> None:
        self._held: list[NDArray[np.float32]] = []
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Buffers, ()

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return an uninitialised array, like numpy.empty.

        Its address is a multiple of 64 bytes, as for torch's own tensors: a matrix product is
        bit-for-bit reproducible only if its operands have the same alignment.
        """
        size = prod(shape)
        with self._lock:
            for number in self._free():
                if self._held[number].size >= size + _SPARE:
                    return _aligned(self._held[number], size).reshape(shape)
            # Drop free arrays: they are too small and would never be reused.
            for number in reversed(list(self._free())):
                del self._held[number]
            fresh = np.empty(size + _SPARE, np.float32)
            if len(self._held) < _KEPT:
                self._held.append(fresh)
            return _aligned(fresh, size).reshape(shape)

    def _free(self) -> Iterator[int]:
        for number in range(len(self._held)):
            # One reference from the list, and one from the call's own argument.
            if sys.getrefcount(self._held[number]) == 2:
                yield number


def _aligned(array: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return a view of `size` numbers of an array that starts at a cache line."""
    first = -array.ctypes.data % _LINE // array.itemsize
    return array[first : first + size]
