"""Names of genes and transcripts: with and without version, and suggestions for misspelt ones."""

from collections.abc import Collection
from difflib import get_close_matches

_SHOWN = 3
_LENGTH_DIFFERENCE = 2  # letters by which a suggestion may be longer or shorter
_CUTOFF = 0.7


def without_version(identifier: str) -> str:
    """Return an identifier without its version: ENST00000371953 for ENST00000371953.8."""
    stem, _, version = identifier.rpartition(".")
    return stem if stem and version.isdigit() else identifier


def spellings(identifier: str) -> list[str]:
    """Return the names to look an identifier up by: itself, then without its version."""
    return list(dict.fromkeys((identifier, without_version(identifier))))


def near(name: str, known: Collection[str], what: str = "") -> str:
    """Suggest similar names, or say how many names there are.

    Args:
        name: the name that was not found; case is ignored.
        known: the existing names.
        what: their noun in the message, such as "transcripts"; left out if empty.
    """
    if not known:
        return f"there are no {what}" if what else "there are none for any transcript"
    # There are tens of thousands of names, and comparing two of them is slow.
    likely = {n.lower(): n for n in sorted(known) if abs(len(n) - len(name)) <= _LENGTH_DIFFERENCE}
    close = get_close_matches(name.lower(), likely, _SHOWN, _CUTOFF)
    if close:
        return f"did you mean {' or '.join(likely[one] for one in close)}?"
    some = ", ".join(sorted(known)[:_SHOWN])
    kind = f" {what}" if what else ""
    return f"there are {len(known):,}{kind}: {some}{', ...' * (len(known) > _SHOWN)}"
