"""Tables with position, reference and substitute in columns of their own, such as gMVP's."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from converters.variants.changes import MALFORMED, quoted
from converters.variants.columns import Cache, are_unsafe, mapped, positions, residues, take
from converters.variants.kinds.layout import (
    Column,
    Fault,
    Layout,
    Parsed,
    not_missense,
    shown,
    usable,
    why_unusable,
)
from converters.variants.vep import MISSENSE


class Places(NamedTuple):
    """Numbers of the columns; None for those that a table lacks."""

    ids: tuple[int, ...]
    position: int
    ref: int
    alt: int
    name: int | None = None
    consequence: int | None = None


class SubstitutionColumns(Layout):
    """One row, one substitution; with a consequence, only missense_variant is read."""

    def __init__(self, kind: str, places: Places) -> None:
        self.kind = kind
        self._ids = len(places.ids)
        further = [at for at in (places.name, places.consequence) if at is not None]
        self.needed = [*places.ids, places.position, places.ref, places.alt, *further]
        self._has_name = places.name is not None
        self._has_consequence = places.consequence is not None
        self._missense = Cache(lambda text: text.strip() == MISSENSE)

    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        ids, (at, before, after, *further) = columns[: self._ids], columns[self._ids :]
        position, ref, alt = positions(at), residues(before), residues(after)
        good = usable(position, ref, alt)
        missense = None
        if self._has_consequence:
            cells = further[-1]
            missense = mapped(self._missense, cells, np.bool_)
            good &= missense
        named = further[0] if self._has_name else None
        if named is not None:
            good &= ~are_unsafe(named)
        keep = np.flatnonzero(good)
        wrong = ~good if missense is None else ~good & missense
        faults = []
        for row in np.flatnonzero(wrong).tolist():
            text = shown(*(column[row] for column in columns[: self._ids + 3]))
            reason = (named is not None and _why_unsafe(named[row])) or why_unusable(
                at[row], before[row], after[row], int(alt[row])
            )
            faults.append(Fault(row, text, *reason, failed=True))
        names = None if named is None else take(named, keep)
        return Parsed(
            keep,
            [take(column, keep) for column in ids],
            position[keep],
            ref[keep],
            alt[keep],
            faults,
            names,
            None if missense is None else not_missense(further[-1], np.flatnonzero(~missense)),
        )


def _why_unsafe(name: str) -> tuple[str, str] | None:
    if not are_unsafe([name])[0]:
        return None
    wanted = "expected one without control characters that does not begin with =, +, - or @"
    return MALFORMED, f"its name is {quoted(name)}; {wanted}"
