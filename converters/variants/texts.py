"""Many short texts in little memory: one block of bytes, and where each ends."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


class Texts(Sequence[str]):
    """A growing list of texts, each of 8 bytes and its own UTF-8."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._bytes, self._ends = bytearray(), array("q", [0])
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        """Append texts."""
        encoded = [text.encode("utf-8", "replace") for text in texts]
        ends = accumulate(map(len, encoded), initial=self._ends[-1])
        next(ends)
        self._ends.extend(ends)
        self._bytes += b"".join(encoded)

    def append(self, text: str) -> None:
        """Append one text."""
        self._bytes += text.encode("utf-8", "replace")
        self._ends.append(len(self._bytes))

    def extend_bytes(self, data: bytes, starts: Places, ends: Places) -> None:
        """Append texts that stand in a block of UTF-8, without making a string of each."""
        lengths = ends - starts
        before = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
        last = self._ends[-1]
        self._bytes += np.frombuffer(data, np.uint8)[places].tobytes()
        self._ends.frombytes((before + lengths + last).astype(np.int64).tobytes())

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        at = range(len(self))[number]
        return self._bytes[self._ends[at] : self._ends[at + 1]].decode("utf-8", "replace")
