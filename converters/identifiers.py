"""Names of genes and transcripts: with and without version, and suggestions for misspelt ones."""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from converters.errors import InputError

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


def fits(one: str, other: str) -> bool:
    """Return whether two identifiers name the same: equal, or equal but for one's version.

    ENST1 fits ENST1.7 and the other way round; ENST1.7 does not fit ENST1.8.
    """
    return one == other or one == without_version(other) or without_version(one) == other


def choose(identifier: str, known: Iterable[str], where: object) -> str | None:
    """Return the known name that an identifier means; None if there is none.

    The same name first; then, for ENST1.7, ENST1; then, for ENST1, the only one of ENST1.7,
    ENST1.8 and so on that is known.

    Args:
        identifier: as the user or a table wrote it, with or without version.
        known: the existing names; those of other transcripts do no harm.
        where: the place of these names, for the message.

    Raises:
        InputError: several versions are known, and none was asked for.
    """
    found = {name for name in known if fits(identifier, name)}
    for name in spellings(identifier):
        if name in found:
            return name
    if len(found) > 1:
        raise InputError(
            f"{where}: {identifier} is there as {' and as '.join(sorted(found))}; name one of them"
        )
    return next(iter(found), None)


class Names:
    """Names of transcripts, indexed so that each of many identifiers is found at once."""

    def __init__(self, known: Iterable[str], where: object) -> None:
        self._where = where
        self._known = set(known)
        self._versions: dict[str, list[str]] = {}
        for name in self._known:
            self._versions.setdefault(without_version(name), []).append(name)

    def find(self, identifier: str) -> str | None:
        """Return the name that an identifier means; as `choose`, and raise as it does."""
        written = [name for name in spellings(identifier) if name in self._known]
        return choose(identifier, (*written, *self._versions.get(identifier, ())), self._where)


def names_in(header: str) -> list[str]:
    """Return the identifiers that a sequence's name line may mean, the whole first word first.

    `>sp|P60484|PTEN_HUMAN ...` holds P60484 and PTEN_HUMAN; `0003_ENST1.2`, as NetSurfP-3 numbers
    the sequences of a run, holds ENST1.2; `ENST1,PTEN` and GENCODE's `ENST1.2|ENSG1.5|...` hold
    their parts.
    """
    word = next(iter(header.lstrip("> \t").split(maxsplit=1)), "")
    numbered = re.fullmatch(r"\d+_(.+)", word)
    words = [word, numbered[1]] if numbered else [word]
    parts = [part for one in words for part in (one, *re.split(r"[|,;]", one))]
    return [part for part in dict.fromkeys(parts) if part]


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
