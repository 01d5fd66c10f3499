"""Labels in the words of tables: 1 and 0, true and false, Pathogenic and Benign."""

import re

from converters.variants.changes import quoted
from converters.variants.rows import UNLABELLED

DEFAULT = "target"
"""The column of labels in gMVP's own tables."""

MISSING = "no label"
UNDECIDED = "label is undecided"
UNKNOWN = "label is not understood"
KINDS = frozenset((MISSING, UNDECIDED, UNKNOWN))

_EMPTY = frozenset(("", ".", "-", "na", "nan", "none", "null", "n/a", "not provided"))
_HARMFUL = frozenset(
    ("pathogenic", "likely pathogenic", "p", "lp", "true", "t", "yes", "damaging", "deleterious")
)
_HARMLESS = frozenset(
    ("benign", "likely benign", "b", "lb", "false", "f", "no", "neutral", "tolerated")
)
# Words that ClinVar writes beside a classification, which do not change it.
_BESIDE = frozenset(
    ("low penetrance", "risk factor", "drug response", "association", "affects", "protective",
     "other", "confers sensitivity", "association not found")
)  # fmt: skip
_UNDECIDED = re.compile(
    r"vus.*|.*uncertain.*|.*unknown significance.*|.*conflicting.*|ambiguous|.*risk allele|"
    r"no (interpretation|classification).*|-1"
)


def label_of(text: str) -> int:
    """Return 0 or 1, or UNLABELLED for a missing, undecided or unknown label."""
    found = _read(text)
    return found if isinstance(found, int) else UNLABELLED


def why_unlabelled(text: str, column: str) -> tuple[str, str]:
    """Return kind and detail for a label of which `label_of` returns UNLABELLED."""
    kind = _read(text)
    assert isinstance(kind, str)
    what = f"{column} is {quoted(text.strip())}" if text.strip() else f"{column} is empty"
    return kind, f"{what}; expected 0 or 1, or words such as Benign or Likely pathogenic"


def _read(text: str) -> int | str:
    bare = text.strip().lower().replace("_", " ")
    try:
        number = float(bare)
    except ValueError:
        number = None
    if number in (0, 1):
        return int(number)
    if bare in _EMPTY or number != number:
        return MISSING
    if _UNDECIDED.fullmatch(bare):
        return UNDECIDED
    parts = {part.strip() for part in re.split(r"[/,;|]", bare)} - _BESIDE - {""}
    harmful, harmless = parts & _HARMFUL, parts & _HARMLESS
    if (harmful and harmless) or any(map(_UNDECIDED.fullmatch, parts)) or not parts:
        return UNDECIDED
    if parts <= _HARMFUL:
        return 1
    return 0 if parts <= _HARMLESS else UNKNOWN
