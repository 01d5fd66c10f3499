"""Names of genes and transcripts: with and without version, and those that are nearly right."""

from collections.abc import Collection
from difflib import get_close_matches

_NAMED = 3
_LENGTHS = 2  # letters more or less that a near name may have
_ALIKE = 0.7


def without_version(identifier: str) -> str:
    """An identifier without its version: ENST00000371953 of ENST00000371953.8."""
    stem, _, version = identifier.rpartition(".")
    return stem if stem and version.isdigit() else identifier


def spellings(identifier: str) -> list[str]:
    """Under which names something may be found: its id, and the id without its version."""
    return list(dict.fromkeys((identifier, without_version(identifier))))


def near(name: str, known: Collection[str], what: str = "") -> str:
    """A hint at names that are near, or at how many there are.

    Args:
        name: what was asked for; its case is not looked at.
        known: those that are there.
        what: they are, such as "transcripts"; left out if it is empty.
    """
    if not known:
        return f"there are no {what}" if what else "there are none of any transcript"
    # There are tens of thousands, and each comparison takes its time.
    likely = {n.lower(): n for n in sorted(known) if abs(len(n) - len(name)) <= _LENGTHS}
    close = get_close_matches(name.lower(), likely, _NAMED, _ALIKE)
    if close:
        return f"did you mean {' or '.join(likely[one] for one in close)}?"
    some = ", ".join(sorted(known)[:_NAMED])
    kind = f" {what}" if what else ""
    return f"there are {len(known):,}{kind}: {some}{', ...' * (len(known) > _NAMED)}"
