"""Variants of a table, with windows cut on the fly, so that each transcript is stored once."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from converters.buffers import Buffers
from converters.columns import CENTER, FEATURE_COLUMNS, WINDOW
from converters.errors import InputError
from converters.features.files import find_matrix, load_matrix
from converters.records.variant_record import VariantRecord
from converters.residues import encode
from converters.variants import labels
from converters.variants.listing import Listing
from converters.variants.reading import Options, read_tables
from converters.variants.records import codes, resolve
from converters.variants.rows import UNLABELLED, Variant
from converters.windows import outside, pad
from pt_gmvp.data.batch import Batch, assemble
from pt_gmvp.data.source import VariantDataset

MEMORY = 1 << 30
"""Default for the bytes of feature matrices that a TableDataset keeps in memory, 1 GiB."""


class TableDataset(VariantDataset):
    """Variants of one or more tables, in their order.

    At the start every transcript's matrix is read once, to check the variants against it. After
    that the matrices used last are kept as float32, up to `memory` bytes but at least one; each
    worker process keeps its own.

    Args:
        tables: one or more tables, as converters.variants.reading reads them.
        features: the folder of feature matrices.
        share_windows: include each distinct window of a batch once, so that the model encodes it
            only once; `Batch.window` maps variants to windows.
        on_problem: "refuse" tables with a variant that cannot be used: a malformed one, or one
            whose matrix is missing, whose position is outside of the protein, or whose reference
            residue differs; or "skip" such variants. Variants without a label and those that ask
            for nothing that gMVP scores are always skipped. `problems` lists all that are.
        memory: bytes of matrices to keep.
        options: how to read the tables; their labels are read, unless it says otherwise.

    Attributes:
        rows: the variants.
        problems: the variants that were skipped.
        kinds: each table and what it was taken for.

    Raises:
        InputError: a variant cannot be used (the message names the first, and how many there are),
            or a table or a matrix cannot be read.
    """

    def __init__(
        self,
        tables: str | Path | Sequence[str | Path],
        features: str | Path,
        share_windows: bool = False,
        on_problem: Literal["refuse", "skip"] = "refuse",
        memory: int = MEMORY,
        options: Options = Options(labels=True),  # noqa: B008 - it cannot be changed
    ) -> None:
        if on_problem not in ("refuse", "skip"):
            raise ValueError(f"on_problem={on_problem!r}; expected 'refuse' or 'skip'")
        self.share_windows = share_windows
        self._buffers = Buffers()
        self.matrices = MatrixCache(Path(features), memory)
        paths = [tables] if isinstance(tables, str | Path) else list(tables)
        read = read_tables(paths, replace(options, features=Path(features)))
        resolved = resolve(read.rows, features, paths)
        self.problems, self.kinds, asked = read.listed, read.kinds, read.variants
        self.problems.extend(resolved.listed)
        if on_problem == "refuse":
            _refuse(self.problems, asked)
        self.rows = read.rows.take(resolved.good)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> VariantRecord:
        one = self.rows.variant(self._number(index))
        feature, mask = self._cut(np.array([self._number(index)]))
        ref_aa, alt_aa = int(encode(one.ref)[0]), int(encode(one.alt)[0])
        return VariantRecord(one.var_id, one.label, ref_aa, alt_aa, feature[0], mask[0])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        rows, numbers = self.rows, np.array([self._number(index) for index in indices], np.int64)
        distinct, window = numbers, None
        if self.share_windows:
            places = rows.transcript[numbers].astype(np.int64) << 32 | rows.position[numbers]
            _, first, window = np.unique(places, return_index=True, return_inverse=True)
            distinct = numbers[first]
        feature, mask = self._cut(distinct)
        labels = rows.label[numbers].astype(np.int64)
        return assemble(
            [rows.name(number) for number in numbers.tolist()],
            None if (labels == UNLABELLED).any() else labels,
            codes(rows.ref[numbers]).astype(np.int64),
            codes(rows.alt[numbers]).astype(np.int64),
            feature,
            mask,
            window,
        )

    def _cut(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the windows of some variants, the centre unmasked."""
        feature = self._buffers.empty((len(numbers), WINDOW, FEATURE_COLUMNS))
        lengths = np.empty(len(numbers), np.int64)
        transcript = self.rows.transcript[numbers]
        first = self.rows.position[numbers].astype(np.int64) - 1
        # By transcript, so that a batch reads each matrix once, however few are cached.
        for at in np.argsort(transcript, kind="stable").tolist():
            rows = self.matrices.padded(self.rows.transcripts[transcript[at]])
            feature[at] = rows[first[at] : first[at] + WINDOW]
            lengths[at] = len(rows) - 2 * CENTER
        return feature, outside(first, lengths).astype(np.float32)

    @property
    def variants(self) -> list[Variant]:
        """Return every variant."""
        return [self.rows.variant(number) for number in range(len(self))]

    @property
    def var_ids(self) -> list[str]:
        """Return every variant's name."""
        return [self.rows.name(number) for number in range(len(self))]

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return every variant's label, (len,) float32; NaN where it has none."""
        labels = self.rows.label.astype(np.float32)
        return np.where(labels == UNLABELLED, np.float32(np.nan), labels)


class MatrixCache:
    """Cache of the transcripts' matrices used last, padded by half a window on either side."""

    def __init__(self, folder: Path, memory: int) -> None:
        self.folder, self.memory = folder, memory
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self.bytes = 0

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_kept": OrderedDict(), "bytes": 0}

    def padded(self, transcript: str) -> NDArray[np.float32]:
        """Return the padded matrix, (length + 128, 435) float32; InputError if it has no file."""
        if transcript in self._kept:
            self._kept.move_to_end(transcript)
            return self._kept[transcript]
        path = find_matrix(self.folder, transcript)
        if path is None:
            raise InputError(f"{self.folder}: the matrix of {transcript} has disappeared")
        rows = pad(load_matrix(path))
        self._kept[transcript] = rows
        self.bytes += rows.nbytes
        while self.bytes > self.memory and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self.bytes -= dropped.nbytes
        return rows


def _refuse(problems: Listing, variants: int) -> None:
    """Raise InputError for the first variant that failed, unless it only lacks a label."""
    failed = [one for one in problems if one.failed and one.kind not in labels.KINDS]
    if failed:
        first = failed[0]
        raise InputError(
            f"{first.table}, line {first.line}: {first.detail}; {len(failed):,} of {variants:,}"
            " variants cannot be used; correct the table, or leave them out with --on-problem skip"
        )
