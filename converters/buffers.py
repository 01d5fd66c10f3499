"""Memory for batch after batch, taken from the system once.

The pages of a fresh array cost more than what is copied into them: the system hands them out one
by one, and clears each. A batch's array is therefore used again as soon as nobody holds it.
"""

import sys
from collections.abc import Iterator
from math import prod
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KEPT = 3  # one that is made, one that is used, one on its way between them
_LINE = 64  # bytes, of the cache and of the widest vector
_SPARE = _LINE // np.dtype(np.float32).itemsize


class Buffers:
    """Float32 arrays that are used again, each only when nothing outside of here refers to it.

    A view of an array, or a tensor that shares its memory, keeps it from being used again for as
    long as it lives: what was handed out never changes under its holder. Safe with threads; a copy
    in another process begins empty.
    """

    def __init__(self) -> None:
        self._held: list[NDArray[np.float32]] = []
        self._lock = Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Buffers, ()

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Give an array of a shape, its values undefined, like numpy.empty.

        It begins at a multiple of 64 bytes, as torch's own do: a matrix product is promised to
        give the same bits again only where its operands lie alike.
        """
        size = prod(shape)
        with self._lock:
            for number in self._free():
                if self._held[number].size >= size + _SPARE:
                    return _aligned(self._held[number], size).reshape(shape)
            # None fits: a free one that is too small would not be used again.
            for number in reversed(list(self._free())):
                del self._held[number]
            fresh = np.empty(size + _SPARE, np.float32)
            if len(self._held) < _KEPT:
                self._held.append(fresh)
            return _aligned(fresh, size).reshape(shape)

    def _free(self) -> Iterator[int]:
        for number in range(len(self._held)):
            # Referred to by the list and, for the time of the call, by its argument.
            if sys.getrefcount(self._held[number]) == 2:
                yield number


def _aligned(array: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """The first `size` numbers from where a line begins."""
    first = -array.ctypes.data % _LINE // array.itemsize
    return array[first : first + size]
