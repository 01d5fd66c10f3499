"""Interface of every kind of table: columns in, variants and listed rows out."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.residues import AMINO_ACIDS
from converters.variants.byte_columns import ByteColumn
from converters.variants.changes import MALFORMED, NOT_AMINO_ACID, STOP, quoted
from converters.variants.columns import is_amino_acid, take

Column = Sequence[str]
OTHER_CONSEQUENCE = "consequence is not missense_variant"
_LONGEST = 100  # characters of a variant in a list


class Fault(NamedTuple):
    """A variant without a score, in some row of a block; see `rows.Listed`."""

    row: int
    variant: str
    kind: str
    detail: str
    failed: bool


class LeftOut(NamedTuple):
    """Rows of a block that ask for nothing that gMVP scores.

    `row` (n,) are the rows, `reasons` the kinds and details, `which` (n,) the reason of each, and
    `ends` (n,) the place in the block where the text of each ends, the line's end if None.
    """

    row: NDArray[np.int64]
    reasons: list[tuple[str, str]]
    which: NDArray[np.integer]
    ends: NDArray[np.int64] | None = None


@dataclass
class Parsed:
    """The variants of a block of m variants; further ones are among the faults.

    Attributes:
        row: (m,) int64, the block's row of each variant, in order.
        ids: columns of m cells that name the protein, the best first; none if nothing does.
        position: (m,) int32, from 1.
        ref: (m,) uint8, ASCII letters.
        alt: (m,) uint8, letters of the twenty.
        faults: variants without a score, in the order of the rows.
        names: m names of variants, if the table has them.
        left_out: further variants, which are not among the faults.
    """

    row: NDArray[np.int64]
    ids: list[Column]
    position: NDArray[np.int32]
    ref: NDArray[np.uint8]
    alt: NDArray[np.uint8]
    faults: list[Fault] = field(default_factory=list)
    names: Column | None = None
    left_out: LeftOut | None = None


class Layout(ABC):
    """How to read one table: its kind, and the numbers of the columns that are needed."""

    kind: str
    needed: list[int]

    @abstractmethod
    def parse(self, columns: Sequence[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""


def shown(*cells: str) -> str:
    """Return cells as the text of a variant in a list."""
    return " ".join(cells)[:_LONGEST]


def usable(
    position: NDArray[np.int32], ref: NDArray[np.uint8], alt: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Return which substitutions can be scored: (n,) bool."""
    known = ((ref >= ord("A")) & (ref <= ord("Z"))) | (ref == ord("*"))
    return np.asarray((position > 0) & known & is_amino_acid(alt), bool)


def why_unusable(position: str, ref: str, alt: str, letter: int) -> tuple[str, str]:
    """Return kind and detail for cells that are not a substitution.

    Args:
        position: the cell.
        ref: the reference's cell.
        alt: the substitute's cell.
        letter: the substitute as `columns.residues` reads it.
    """
    from converters.variants.columns import position_of, residue_of

    if not position_of(position):
        return MALFORMED, f"the position is {quoted(position)}; expected a whole number from 1"
    if residue_of(ref) in (0, ord("-"), ord("?")) or not ref:
        what = "; expected one or three letters" if ref else ""
        return MALFORMED, f"the reference residue is {quoted(ref)}{what}"
    if not letter:
        return MALFORMED, f"the substitute is {quoted(alt)}; expected one or three letters"
    kind = STOP if letter == ord("*") else NOT_AMINO_ACID
    return kind, f"the substitute is {quoted(alt)}; expected one of {AMINO_ACIDS}"


def not_missense(consequences: Column, row: NDArray[np.int64]) -> LeftOut | None:
    """Return some rows as left out for their consequence; None if there is none."""
    if not len(row):
        return None
    some = take(consequences, row)
    found = some.distinct() if isinstance(some, ByteColumn) else None
    if found is None:
        texts = list(dict.fromkeys(some))
        number = {text: at for at, text in enumerate(texts)}
        found = texts, np.array([number[text] for text in some], np.intp)
    details = [f"the consequence is {quoted(text)}" for text in found[0]]
    return LeftOut(row, [(OTHER_CONSEQUENCE, detail) for detail in details], found[1])


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults in the order of their rows."""
    return sorted(faults, key=lambda fault: fault.row)
