"""Tables without a known header, recognised by what their cells look like."""

import re
from collections.abc import Sequence

from converters.variants import vep
from converters.variants.changes import SubstitutionError, parse_substitution, split_name
from converters.variants.columns import position_of
from converters.variants.kinds.change_column import ChangeColumn
from converters.variants.kinds.layout import Layout
from converters.variants.kinds.substitutions import Places, SubstitutionColumns
from converters.variants.kinds.vep_tables import VepColumns

_PLAIN = Places((0,), 1, 2, 3)
_IDS = (
    re.compile(r"ENS[A-Z]*T[0-9]+(\.[0-9]+)?"),
    re.compile(r"[NX]M_[0-9]+(\.[0-9]+)?"),
    re.compile(r"(ENS[A-Z]*P|[NX]P_)[0-9]+(\.[0-9]+)?"),
    re.compile(r"([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?"),
    re.compile(r"ENS[A-Z]*G[0-9]+(\.[0-9]+)?"),
)


def is_change(cell: str) -> bool:
    """Return whether a cell is a substitution, with or without a name before it."""
    try:
        parse_substitution(split_name(cell)[1])
    except SubstitutionError:
        return False
    return True


def is_plain(cells: Sequence[str]) -> bool:
    """Return whether cells are: transcript, position, reference, substitute."""
    return len(cells) == 4 and bool(position_of(cells[1])) and max(map(len, cells[2:])) <= 3


def plain() -> Layout:
    """Return how to read lines of: transcript position reference substitute."""
    return SubstitutionColumns("plain", _PLAIN)


def guess(rows: Sequence[Sequence[str]]) -> Layout | None:
    """Return how to read rows of as many cells each; None if they are of no known kind.

    One column must hold changes, in at least half of its rows. The protein's name is before them,
    or in the first column with ids of transcripts or proteins.
    """
    if all(vep.is_default_row(row) for row in rows):
        return VepColumns(vep.DEFAULT)
    columns = list(zip(*rows, strict=True))
    share = [sum(map(is_change, column)) / len(rows) for column in columns]
    best = max(range(len(columns)), key=lambda at: (share[at], -at), default=None)
    if best is None or share[best] < 0.5:
        return None
    for pattern in _IDS:
        for at, column in enumerate(columns):
            found = sum(bool(pattern.fullmatch(cell.strip())) for cell in column)
            if at != best and found * 2 >= len(rows):
                return ChangeColumn("column of changes", (at,), best)
    ids = (0,) if len(columns) == 2 and best == 1 else ()
    return ChangeColumn("list of changes", ids, best)
