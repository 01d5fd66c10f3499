"""Variants without a score, listed in little memory: there may be millions of them."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from converters.variants.rows import Listed
from converters.variants.texts import Texts


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
        self._text.extend((variant,))

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
        return Listed(table, self._line[at], self._text[at], kind, detail, bool(self._failed[at]))

    def each(self, failed: bool) -> Iterator[Listed]:
        """Yield the failed variants, or those left out, in their order."""
        return (self[at] for at, one in enumerate(self._failed) if bool(one) == failed)

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
