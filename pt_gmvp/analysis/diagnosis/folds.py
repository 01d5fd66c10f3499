"""Training and validation folds: names, labels, places and windows of their variants."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.records.variant_record import VariantRecord
from pt_gmvp.data import VariantDataset
from pt_gmvp.training.split import Split

_NAME = re.compile(r"(.+)_([1-9]\d*)_([A-Z*])_([A-Z*])", re.DOTALL)
_OUTSIDE = 255


class Place(NamedTuple):
    """A variant's transcript, and the position in its protein, from 1."""

    transcript: str
    position: int


def place_of(name: str) -> Place | None:
    """Parse a variant's place from its name, as in ENST00000269305_248_R_W; None if impossible."""
    found = _NAME.fullmatch(name)
    return Place(found[1], int(found[2])) if found else None


def transcripts_of(names: Sequence[str]) -> list[str] | None:
    """Return the transcripts of variants from their names, None unless all names have one."""
    places = [place_of(name) for name in names]
    return [p.transcript for p in places if p] if places and None not in places else None


@dataclass(frozen=True)
class Fold:
    """V variants: names, (V,) labels, places if known, and digests of their windows if read."""

    names: list[str]
    labels: NDArray[np.float32]
    places: list[Place] | None
    windows: list[bytes] | None = None

    @property
    def transcripts(self) -> list[str] | None:
        """Return the transcript of each variant, if all are known."""
        return None if self.places is None else [place.transcript for place in self.places]


def fold_of(names: Sequence[str], labels: NDArray[np.float32]) -> Fold:
    """Make a fold from names and labels only."""
    found = [place_of(name) for name in names]
    places = [place for place in found if place is not None]
    return Fold(list(names), labels, places if len(places) == len(found) else None)


def read_folds(split: Split) -> tuple[Fold, Fold]:
    """Read the training and the validation fold of a run; raise InputError or OSError."""
    return _read(split.training), _read(split.validation)


def _read(data: VariantDataset) -> Fold:
    windows = [window_digest(data[number]) for number in range(len(data))]
    alone = fold_of(data.var_ids, data.labels)
    return Fold(alone.names, alone.labels, alone.places, windows)


def window_digest(record: VariantRecord) -> bytes:
    """Return a digest of the residues around a variant, (L,), and of where the protein ends.

    The alignment is left out, because those of isoforms or close homologs may differ slightly.
    """
    residues = record.feature[:, 0].astype(np.uint8)
    residues[record.mask != 0] = _OUTSIDE
    return hashlib.blake2b(residues.tobytes(), digest_size=16).digest()
