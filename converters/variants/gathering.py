"""Variants of many blocks put together into columns."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from converters.variants.kinds.layout import Parsed
from converters.variants.rows import Rows
from converters.variants.texts import Texts

_TYPES = (np.int32, np.int32, np.uint8, np.uint8, np.int8, np.int16, np.int64)


class Gathered:
    """Columns that grow by blocks."""

    def __init__(self) -> None:
        self._parts: list[tuple[NDArray[np.generic], ...]] = []
        self._number = 0
        self._names: Texts | None = None

    def add(
        self,
        parsed: Parsed,
        chosen: NDArray[np.int64],
        transcript: NDArray[np.int32],
        label: NDArray[np.int8],
        table: int,
        lines: NDArray[np.int64],
    ) -> None:
        """Append the variants of a block.

        Args:
            parsed: the block.
            chosen: (k,) numbers of its variants; one may be there more than once.
            transcript: (k,) of each.
            label: (k,) of each.
            table: the number of the table.
            lines: the line of each of the block's rows.
        """
        number = len(chosen)
        self._parts.append(
            (
                transcript,
                parsed.position[chosen],
                parsed.ref[chosen],
                parsed.alt[chosen],
                label,
                np.full(number, table, np.int16),
                lines[parsed.row[chosen]],
            )
        )
        if parsed.names is not None and self._names is None:
            self._names = Texts([""] * self._number)
        if self._names is not None:
            self._names.extend(_chosen(parsed, chosen))
        self._number += number

    def rows(self, transcripts: list[str]) -> Rows:
        """Return all variants; this object is empty afterwards."""
        columns = []
        for at, kind in enumerate(_TYPES):
            parts = [np.asarray(part[at], kind) for part in self._parts]
            columns.append(np.concatenate(parts) if parts else np.empty(0, kind))
        self._parts = []
        return Rows(transcripts, *columns, self._names)  # type: ignore[arg-type,call-arg]


def _chosen(parsed: Parsed, chosen: NDArray[np.int64]) -> Iterable[str]:
    if parsed.names is None:
        return [""] * len(chosen)
    return [parsed.names[at] for at in chosen.tolist()]
