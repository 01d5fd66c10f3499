"""Variants without a score, listed in little memory: there may be millions of them."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from converters.variants.lines import Lines
from converters.variants.rows import Listed
from converters.variants.texts import Texts

LONGEST = 100
"""Characters of a line that stand for a variant in the list."""


class Interned:
    """Distinct values, each with a number, in the order of their first appearance."""

    def __init__(self) -> None:
        self.values: list[tuple[str, ...]] = []
        self._numbers: dict[tuple[str, ...], int] = {}

    def number(self, *value: str) -> int:
        """Return the number of a value, a new one if it is new."""
        found = self._numbers.setdefault(value, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found


class Listing(Sequence[Listed]):
    """A growing list of `Listed`: 21 bytes an item, its text, and each distinct reason once."""

    def __init__(self, items: Iterable[Listed] = ()) -> None:
        self._table, self._reason = array("i"), array("i")
        self._line, self._failed = array("q"), array("b")
        self._text = Texts()
        self._tables, self._reasons = Interned(), Interned()
        self.extend(items)

    def add(
        self, table: str, line: int, variant: str, kind: str, detail: str, failed: bool
    ) -> None:
        """Append an item; see `Listed` for the arguments."""
        self._table.append(self._tables.number(table))
        self._line.append(line)
        self._reason.append(self._reasons.number(kind, detail))
        self._failed.append(failed)
        self._text.append(variant)

    def add_lines(
        self,
        table: str,
        lines: Lines,
        rows: NDArray[np.int64],
        reasons: Sequence[tuple[str, str]],
        which: NDArray[np.integer],
        ends: NDArray[np.int64] | None = None,
    ) -> None:
        """Append rows that were left out, with the beginning of their lines as text.

        Args:
            table: their file.
            lines: of a block.
            rows: (n,) their places in it.
            reasons: kinds and details.
            which: (n,) the reason of each.
            ends: (n,) where the text of each ends, at the latest.
        """
        number = len(rows)
        of_reason = np.array([self._reasons.number(*reason) for reason in reasons], np.int32)
        at = self._tables.number(table)
        self._table.frombytes(np.full(number, at, np.int32).tobytes())
        self._line.frombytes(lines.numbers[rows].astype(np.int64).tobytes())
        self._reason.frombytes(of_reason[which].tobytes())
        self._failed.frombytes(bytes(number))
        starts = lines.starts[rows]
        ends = lines.ends[rows] if ends is None else ends
        self._text.extend_bytes(lines.data, starts, np.minimum(ends, starts + LONGEST))

    def extend(self, items: Iterable[Listed]) -> None:
        """Append items."""
        for item in items:
            self.add(*item)

    def __len__(self) -> int:
        return len(self._line)

    @overload
    def __getitem__(self, number: int) -> Listed: ...
    @overload
    def __getitem__(self, number: slice) -> list[Listed]: ...
    def __getitem__(self, number: int | slice) -> Listed | list[Listed]:
        if isinstance(number, slice):
            return [self[at] for at in range(*number.indices(len(self)))]
        at = range(len(self))[number]
        (table,) = self._tables.values[self._table[at]]
        kind, detail = self._reasons.values[self._reason[at]]
        return Listed(
            table,
            self._line[at],
            self._text[at].replace("\t", " "),
            kind,
            detail,
            bool(self._failed[at]),
        )

    def in_order(self) -> Iterator[Listed]:
        """Yield all by table and line."""
        return map(self.__getitem__, np.lexsort((self._line, self._table)).tolist())

    def each(self, failed: bool) -> Iterator[Listed]:
        """Yield the failed variants, or those left out, in their order."""
        return (self[at] for at, one in enumerate(self._failed) if bool(one) == failed)

    def examples(self) -> list[tuple[int, Listed]]:
        """Return the number of variants left out, and the first, of each kind, most first."""
        out = np.flatnonzero(np.frombuffer(self._failed, np.int8) == 0)
        reasons, at = np.unique(np.frombuffer(self._reason, np.intc)[out], return_index=True)
        first: dict[str, int] = {}
        for order in np.argsort(at).tolist():
            kind = self._reasons.values[reasons[order]][0]
            first.setdefault(kind, int(out[at[order]]))
        counts = self.counts(failed=False)
        found = [(counts[kind], self[number]) for kind, number in first.items()]
        return sorted(found, key=lambda each: -each[0])

    def counts(self, failed: bool) -> dict[str, int]:
        """Count the failed variants, or those left out, by kind."""
        found: Counter[str] = Counter()
        for (reason, of_failed), number in Counter(
            zip(self._reason, self._failed, strict=True)
        ).items():
            if bool(of_failed) == failed:
                found[self._reasons.values[reason][0]] += number
        return dict(found)

    @property
    def failed(self) -> int:
        """Return the number of failed variants."""
        return sum(self._failed)

    @property
    def left_out(self) -> int:
        """Return the number of variants that were left out."""
        return len(self) - self.failed
