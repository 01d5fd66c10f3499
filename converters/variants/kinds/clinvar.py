"""ClinVar's variant_summary: names such as NM_000314.8(PTEN):c.389G>A (p.Arg130Gln)."""

import numpy as np

from converters.variants.changes import NO_CHANGE, quoted
from converters.variants.columns import changes
from converters.variants.kinds.change_column import ASK_NOTHING, SYNONYMOUS
from converters.variants.kinds.layout import Column, Fault, Layout, Parsed, in_order, shown


def split_name(name: str) -> tuple[str, str, str]:
    """Return transcript, gene and change of a protein in a name; the change is empty if none."""
    head, _, rest = name.partition(":")
    transcript, _, gene = head.partition("(")
    start = rest.rfind("(p.")
    return (
        transcript,
        gene.removesuffix(")"),
        rest[start + 1 :].removesuffix(")") if start >= 0 else "",
    )


class ClinVarNames(Layout):
    """variant_summary: one row is one variant and assembly; its names are of RefSeq transcripts."""

    def __init__(self, name: int) -> None:
        self.kind = "ClinVar summary"
        self.needed = [name]

    def parse(self, columns: list[Column]) -> Parsed:
        """Return the variants in a block of the needed columns."""
        (names,) = columns
        split = [split_name(name) for name in names]
        some = [row for row, (_, _, change) in enumerate(split) if change]
        found = changes([split[row][2] for row in some])
        faults = [
            Fault(row, shown(names[row]), NO_CHANGE, "its name has no change of a protein", False)
            for row, (_, _, change) in enumerate(split)
            if not change
        ]
        for at, error in found.errors.items():
            failed = error.kind not in ASK_NOTHING
            faults.append(Fault(some[at], shown(names[some[at]]), error.kind, str(error), failed))
        same = (found.position > 0) & (found.ref == found.alt)
        for at in np.flatnonzero(same).tolist():
            row = some[at]
            detail = f"{quoted(split[row][2])} {SYNONYMOUS}"
            faults.append(Fault(row, shown(names[row]), SYNONYMOUS, detail, failed=False))
        good = np.flatnonzero((found.position > 0) & ~same)
        keep = np.array(some, np.int64)[good]
        rows = keep.tolist()
        ids: list[Column] = [[split[row][0] for row in rows], [split[row][1] for row in rows]]
        return Parsed(
            keep, ids, found.position[good], found.ref[good], found.alt[good], in_order(faults)
        )
