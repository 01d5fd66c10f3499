"""Variants as columns: 21 bytes a row, so that millions of them fit into memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.variants.texts import Texts

UNLABELLED = -1
"""Value of `Rows.label` for a variant without a label."""


class Variant(NamedTuple):
    """One variant of a table.

    `position` counts from 1; `ref` and `alt` are single letters; `label` is 0, 1, or None;
    `line` is its line in the table, from 1.
    """

    var_id: str
    transcript: str
    position: int
    ref: str
    alt: str
    label: int | None
    line: int


@dataclass(frozen=True)
class Rows:
    """Variants of one or more tables, in the tables' order.

    Attributes:
        transcripts: the distinct transcript ids, as the tables write them.
        transcript: (n,) int32, each variant's index in `transcripts`.
        position: (n,) int32, from 1.
        ref: (n,) uint8, an upper-case ASCII letter; or `*`, X, U and others that are not one of the
            twenty, which fit a residue that is not one of them.
        alt: (n,) uint8, the letter of one of the twenty amino acids.
        label: (n,) int8, 0 or 1, and UNLABELLED for none.
        table: (n,) int16, the number of the variant's table.
        line: (n,) int64, its line in that table, from 1.
        names: the names that the tables give, empty for a variant without; None if there are none.
    """

    transcripts: list[str]
    transcript: NDArray[np.int32]
    position: NDArray[np.int32]
    ref: NDArray[np.uint8]
    alt: NDArray[np.uint8]
    label: NDArray[np.int8]
    table: NDArray[np.int16]
    line: NDArray[np.int64]
    names: Sequence[str] | None = None

    def __len__(self) -> int:
        return len(self.transcript)

    def name(self, number: int) -> str:
        """Return a variant's name: the table's own, or `<transcript>_<pos>_<ref>_<alt>`."""
        if self.names is not None and self.names[number]:
            return self.names[number]
        transcript = self.transcripts[self.transcript[number]]
        ref, alt = chr(self.ref[number]), chr(self.alt[number])
        return f"{transcript}_{self.position[number]}_{ref}_{alt}"

    def variant(self, number: int) -> Variant:
        """Return one variant, for the few that are looked at one by one."""
        label = int(self.label[number])
        return Variant(
            self.name(number),
            self.transcripts[self.transcript[number]],
            int(self.position[number]),
            chr(self.ref[number]),
            chr(self.alt[number]),
            None if label == UNLABELLED else label,
            int(self.line[number]),
        )

    def take(self, numbers: Sequence[int] | NDArray[np.integer]) -> "Rows":
        """Return the variants with the given numbers, in the order of these."""
        at = np.asarray(numbers, np.int64)
        return Rows(
            self.transcripts,
            self.transcript[at],
            self.position[at],
            self.ref[at],
            self.alt[at],
            self.label[at],
            self.table[at],
            self.line[at],
            None if self.names is None else Texts(self.names[number] for number in at.tolist()),
        )


class Listed(NamedTuple):
    """A variant without a score: one that was left out, or one that failed.

    `variant` is the text as it stands in the table, `kind` is for counts, and `detail` for
    messages. `failed` variants were asked for; the others ask for nothing that gMVP scores.
    """

    table: str
    line: int
    variant: str
    kind: str
    detail: str
    failed: bool
