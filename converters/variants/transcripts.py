"""The transcripts of a table's variants, found for each distinct id once."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.errors import InputError
from converters.variants.columns import mapped
from converters.variants.ids import Ids, Unknown, refuse_all
from converters.variants.kinds.layout import Fault, Parsed

OWN_KINDS = frozenset(("gMVP", "plain", "columns of residues"))
"""Kinds of tables whose ids are names of matrices, whatever they look like."""

_SHOWN = 3
_KEPT = 1000  # unknown ids that are kept for a message
_NO_NAME = Unknown(
    "", "names no protein", "the row names no protein; give --transcript ID for such rows"
)


class Transcripts:
    """Distinct transcripts of all tables, and what is to be said about ids.

    Args:
        ids: the rules.
        given: the transcript of rows that name no protein.
    """

    def __init__(self, ids: Ids, given: str | None) -> None:
        self.ids, self.given = ids, given
        self.names: list[str] = []
        self.given_used = False
        self.several: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}

    def number(self, transcript: str) -> int:
        """Return a transcript's place in `names`."""
        found = self._numbers.setdefault(transcript, len(self.names))
        if found == len(self.names):
            self.names.append(transcript)
        return found

    def of_table(self, path: Path, kind: str) -> "OfTable":
        """Return the finder for one table."""
        return OfTable(self, path, kind in OWN_KINDS)

    def notes(self) -> list[str]:
        """Return a line about ids of several transcripts, if there are any."""
        if not self.several:
            return []
        some = ", ".join(
            f"{name} ({', '.join(found[:_SHOWN])}{', ...' * (len(found) > _SHOWN)})"
            for name, found in list(self.several.items())[:_SHOWN]
        )
        more = f" and {len(self.several) - _SHOWN:,} more" if len(self.several) > _SHOWN else ""
        return [f"each transcript is scored of ids that stand for several: {some}{more}"]


class OfTable(dict[str, int]):
    """Numbers of the transcripts of a table's ids.

    An id of one transcript has its number; others have -1 and below, for places in a list.
    """

    def __init__(self, shared: Transcripts, path: Path, own: bool) -> None:
        super().__init__()
        self._shared, self._path, self._own = shared, path, own
        self._special: list[list[int] | Unknown] = []
        self._unknown: dict[str, Unknown] = {}
        self._total = self._failed = 0
        self._examples: list[str] = []

    def __missing__(self, text: str) -> int:
        name = text.strip()
        found = self._shared.ids.find(name, self._own) if name else self._nameless()
        if isinstance(found, Unknown):
            if name and len(self._unknown) < _KEPT:
                self._unknown[name] = found
            self._special.append(found)
            value = -len(self._special)
        elif len(found) == 1:
            value = self._shared.number(found[0])
        else:
            self._shared.several[name] = found
            self._special.append([self._shared.number(one) for one in found])
            value = -len(self._special)
        self[text] = value
        return value

    def _nameless(self) -> list[str] | Unknown:
        if self._shared.given is None:
            return _NO_NAME
        self._shared.given_used = True
        return [self._shared.given]

    def find(self, parsed: Parsed) -> tuple[NDArray[np.int32], NDArray[np.int64], list[Fault]]:
        """Find the transcripts of a block's variants.

        Returns:
            transcript: (k,) numbers of transcripts.
            chosen: (k,) the block's variants with these transcripts, in order.
            faults: the variants without a transcript.
        """
        number = len(parsed.row)
        index = self._numbers(parsed.ids, number)
        self._total += number
        if not number or index.min() >= 0:
            return index, np.arange(number), []
        faults, copies = [], np.ones(number, np.int64)
        for at in np.flatnonzero(index < 0).tolist():
            found = self._special[-1 - int(index[at])]
            if isinstance(found, Unknown):
                copies[at] = 0
                text = self._text(parsed, at)
                faults.append(Fault(int(parsed.row[at]), text, found.kind, found.detail, True))
            else:
                copies[at] = len(found)
        self._failed += len(faults)
        if len(self._examples) < _SHOWN:
            self._examples += [fault.variant for fault in faults[:_SHOWN]]
        chosen = np.repeat(np.arange(number), copies)
        index = np.repeat(index, copies)
        first = np.r_[True, chosen[1:] != chosen[:-1]]
        for at in np.flatnonzero((copies > 1)[chosen] & first).tolist():
            found = self._special[-1 - int(index[at])]
            assert isinstance(found, list)
            index[at : at + len(found)] = found
        return index, chosen, faults

    def _numbers(self, ids: list[Sequence[str]], number: int) -> NDArray[np.int32]:
        """Return each variant's number by the first of its ids that is known."""
        if not ids:
            return np.full(number, self[""], np.int32)
        index = mapped(self, ids[0], np.int32)
        for column in ids[1:]:
            for at in np.flatnonzero(index < 0).tolist():
                before = self._special[-1 - int(index[at])]
                if not isinstance(before, Unknown):
                    continue
                value = self[column[at]]
                known = value >= 0 or not isinstance(self._special[-1 - value], Unknown)
                if known or (before is _NO_NAME and column[at].strip()):
                    index[at] = value
        return index

    @staticmethod
    def _text(parsed: Parsed, at: int) -> str:
        name = next((column[at].strip() for column in parsed.ids if column[at].strip()), "")
        change = f"{chr(parsed.ref[at])}{parsed.position[at]}{chr(parsed.alt[at])}"
        return f"{name[:60]} {change}".strip()

    def finish(self) -> None:
        """Raise InputError if the table has variants, and not one of its ids is known."""
        if not self._failed or self._failed < self._total:
            return
        if self._unknown:
            raise refuse_all(self._path, self._unknown)
        some = ", ".join(self._examples[:_SHOWN])
        raise InputError(
            f"{self._path}: names no protein ({some}); give --transcript ID, the transcript whose"
            " positions these are"
        )
