"""Many short texts in little memory: one block of bytes, and where each ends."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import overload


class Texts(Sequence[str]):
    """A growing list of texts, each of 8 bytes and its own UTF-8."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._bytes, self._ends = bytearray(), array("q", [0])
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        """Append texts."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = accumulate(map(len, encoded), initial=self._ends[-1])
        next(ends)
        self._ends.extend(ends)
        self._bytes += b"".join(encoded)

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
        return self._bytes[self._ends[at] : self._ends[at + 1]].decode("utf-8", "surrogatepass")
