"""Tables with position, reference and substitute in columns of their own, such as gMVP's."""

from typing import NamedTuple

import numpy as np

from converters.variants.columns import Cache, positions, residues
from converters.variants.kinds.layout import (
    Column,
    Fault,
    Layout,
    Parsed,
    not_missense,
    pick,
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

    def parse(self, columns: list[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        ids, (at, before, after, *further) = columns[: self._ids], columns[self._ids :]
        position, ref, alt = positions(at), residues(before), residues(after)
        good = usable(position, ref, alt)
        missense = None
        if self._has_consequence:
            cells = further[-1]
            missense = np.fromiter(map(self._missense.__getitem__, cells), bool, len(cells))
            good &= missense
        keep = np.flatnonzero(good)
        faults = []
        for row in np.flatnonzero(~good).tolist():
            text = shown(*(column[row] for column in columns[: self._ids + 3]))
            if missense is not None and not missense[row]:
                faults.append(Fault(row, text, *not_missense(further[-1][row]), failed=False))
                continue
            reason = why_unusable(at[row], before[row], after[row], int(alt[row]))
            faults.append(Fault(row, text, *reason, failed=True))
        names = pick(further[0], keep) if self._has_name else None
        return Parsed(
            keep,
            [pick(column, keep) for column in ids],
            position[keep],
            ref[keep],
            alt[keep],
            faults,
            names,
        )
