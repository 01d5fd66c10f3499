"""Names of proteins turned into transcripts: by a map, by gene names, or as they stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from converters.errors import InputError
from converters.features.folder import MatrixFolder
from converters.identifiers import without_version
from converters.variants.changes import MALFORMED, quoted

UNKNOWN = "id is no known transcript"

TRANSCRIPT = "Ensembl transcript"
_KINDS = {
    TRANSCRIPT: r"ENS[A-Z]*T[0-9]+(\.[0-9]+)?",
    "Ensembl protein": r"ENS[A-Z]*P[0-9]+(\.[0-9]+)?",
    "Ensembl gene": r"ENS[A-Z]*G[0-9]+(\.[0-9]+)?",
    "RefSeq transcript": r"[NX][MR]_[0-9]+(\.[0-9]+)?",
    "RefSeq protein": r"[NXYW]P_[0-9]+(\.[0-9]+)?",
    "UniProt": r"([OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2})(-[0-9]+)?"
    r"|[A-Z0-9]{1,11}_[A-Z0-9]{2,5}",
    "LRG": r"LRG_[0-9]+(t[0-9]+)?(p[0-9]+)?",
    "HGNC": r"HGNC:[0-9]+",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_NAME = "gene or other name"
_GENES = ("Ensembl gene", "HGNC", _NAME)
_NEVER = r"\s/\\\"'`?*<>;$\x00-\x1f\x7f-\x9f"
_GOOD = re.compile(rf"[^=+@.\-{_NEVER}][^{_NEVER}]*")
_LONGEST = 200
_NOT_MAPPED, _NOT_A_GENE = "is not in the map", "is not in the table of genes"


class Unknown(NamedTuple):
    """An id without a transcript: what it seems to be, and the reason for the list."""

    what: str
    kind: str
    detail: str


def kind_of(identifier: str) -> str:
    """Return what an id looks like: an Ensembl transcript, RefSeq, UniProt, ..."""
    for kind, pattern in _PATTERNS.items():
        if pattern.fullmatch(identifier):
            return kind
    return _NAME


@dataclass
class Versions:
    """Transcripts by an id, found with or without its version."""

    known: dict[str, list[str]] = field(default_factory=dict)
    stems: dict[str, list[str]] = field(default_factory=dict)

    def add(self, identifier: str, transcript: str) -> None:
        """Add a transcript of an id."""
        of_id = self.known.setdefault(identifier, [])
        if transcript not in of_id:
            of_id.append(transcript)
        of_stem = self.stems.setdefault(without_version(identifier), [])
        if identifier not in of_stem:
            of_stem.append(identifier)

    def find(self, identifier: str) -> list[str] | Unknown | None:
        """Return the transcripts: of this id, then of it without version, then of its only one."""
        if identifier in self.known:
            return self.known[identifier]
        stem = without_version(identifier)
        if stem in self.known:
            return self.known[stem]
        versions = self.stems.get(stem, []) if stem == identifier else []
        if len(versions) > 1:
            both = " and ".join(versions[:2])
            detail = f"{identifier} is known as {both}; name one of them"
            return Unknown(kind_of(identifier), UNKNOWN, detail)
        return self.known[versions[0]] if versions else None


@dataclass
class Ids:
    """The rules by which ids become transcripts.

    Attributes:
        mapped: the ids of a map.
        genes: gene symbols and ids; None without such a table.
        has_map: a map was given.
        features: the folder of matrices: an id with a matrix is itself a transcript.
    """

    mapped: Versions
    genes: Versions | None
    has_map: bool
    features: Path | None
    _folder: MatrixFolder | None = None

    def find(self, identifier: str, own: bool) -> list[str] | Unknown:
        """Return the transcripts of an id.

        Args:
            identifier: as it stands in a table.
            own: the table's ids are names of matrices, as in gMVP's own tables.
        """
        if not _GOOD.fullmatch(identifier) or len(identifier) > _LONGEST:
            return Unknown("", MALFORMED, f"{quoted(identifier)} is not a transcript's id")
        what = kind_of(identifier)
        if found := self.mapped.find(identifier):
            return found
        if what == TRANSCRIPT or self._has_matrix(identifier):
            return [identifier]
        if self.genes and (found := self.genes.find(identifier) or self._by_case(identifier)):
            return found
        if own and (what == _NAME or self.features is None):
            return [identifier]
        return Unknown(what, UNKNOWN, self._needed(identifier, what))

    def _has_matrix(self, identifier: str) -> bool:
        if self.features is None or not self.features.is_dir():
            return False
        if self._folder is None:
            self._folder = MatrixFolder(self.features)
        return self._folder.find(identifier) is not None

    def _by_case(self, identifier: str) -> list[str] | Unknown | None:
        assert self.genes is not None
        return self.genes.find(identifier.upper())

    def _needed(self, identifier: str, what: str) -> str:
        if self.has_map:
            return f"{quoted(identifier)} ({what}) {_NOT_MAPPED}"
        if what in _GENES and self.genes:
            return f"{quoted(identifier)} ({what}) {_NOT_A_GENE}"
        return f"{quoted(identifier)} is not an Ensembl transcript ({what}); {advice({what})}"


def is_foreign(identifier: str) -> bool:
    """Return whether an id looks like one that only a map can turn into a transcript."""
    return kind_of(identifier) not in (TRANSCRIPT, *_GENES)


def advice(kinds: Sequence[str] | set[str]) -> str:
    """Return what to give so that ids of these kinds are known."""
    genes = ", or --genes TABLE of transcripts and gene names" if set(kinds) & set(_GENES) else ""
    return f"give --map FILE with two columns, such an id and its transcript{genes}"


def refuse_names(path: object, names: Sequence[str], known: object) -> InputError:
    """Return the error for queries by names of which `known`, a file, has none."""
    kinds = list(dict.fromkeys(map(kind_of, names)))
    return InputError(
        f"{path}: names its proteins by {' and '.join(kinds)}: {_some(names)}; {known} has none of"
        f" them; {advice(kinds)}"
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(quoted(name) for name in names[:3])}{more}"


def refuse_all(path: object, unknown: dict[str, Unknown]) -> InputError:
    """Return the error for a table of which no id is known."""
    kinds = [kind for kind in dict.fromkeys(one.what for one in unknown.values()) if kind]
    if not kinds:
        return InputError(f"{path}: {next(iter(unknown.values())).detail}")
    first = next(iter(unknown.values())).detail
    lacking = first.endswith((_NOT_MAPPED, _NOT_A_GENE))
    why = "none is in the file given" if lacking else "gMVP's matrices are by Ensembl transcript"
    return InputError(
        f"{path}: names its proteins by {' and '.join(kinds)}: {_some(list(unknown))}; {why};"
        f" {advice(kinds)}"
    )
