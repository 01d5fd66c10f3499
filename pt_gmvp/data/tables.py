"""Variants of a table, with windows cut on the fly, so that each transcript is stored once."""

from collections import OrderedDict
from collections.abc import Sequence
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
from converters.variants.records import Problem, resolve
from converters.variants.rows import Variant
from converters.variants.table import read_table
from converters.windows import outside, pad
from pt_gmvp.data.batch import Batch, assemble
from pt_gmvp.data.source import VariantDataset, label_array

MEMORY = 1 << 30
"""Default for the bytes of feature matrices that a TableDataset keeps in memory, 1 GiB."""


class TableDataset(VariantDataset):
    """Variants of one or more tables, in their order.

    At the start every transcript's matrix is read once, to check the variants against it. After
    that the matrices used last are kept as float32, up to `memory` bytes but at least one; each
    worker process keeps its own.

    Args:
        tables: one or more tables, as converters.variants.table reads them.
        features: the folder of feature matrices.
        share_windows: include each distinct window of a batch once, so that the model encodes it
            only once; `Batch.window` maps variants to windows.
        on_problem: "refuse" a table with a variant whose matrix is missing, whose position is
            outside of the protein, or whose reference residue differs; or "skip" such variants and
            list them in `problems`.
        memory: bytes of matrices to keep.

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
    ) -> None:
        if on_problem not in ("refuse", "skip"):
            raise ValueError(f"on_problem={on_problem!r}; expected 'refuse' or 'skip'")
        self.share_windows = share_windows
        self._buffers = Buffers()
        self.matrices = MatrixCache(Path(features), memory)
        paths = [tables] if isinstance(tables, str | Path) else tables
        variants: list[Variant] = []
        self.problems: list[Problem] = []
        for path in paths:
            found = read_table(path).variants
            good, problems = resolve(found, features)
            if problems and on_problem == "refuse":
                raise _refusal(path, problems, len(found))
            self.problems += problems
            variants += good
        self.variants = variants

    def __len__(self) -> int:
        return len(self.variants)

    def __getitem__(self, index: int) -> VariantRecord:
        variant = self.variants[self._number(index)]
        feature, mask = self._cut([variant])
        ref_aa, alt_aa = int(encode(variant.ref)[0]), int(encode(variant.alt)[0])
        return VariantRecord(variant.var_id, variant.label, ref_aa, alt_aa, feature[0], mask[0])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        variants = [self.variants[self._number(index)] for index in indices]
        distinct, window = variants, None
        if self.share_windows:
            keys = [(variant.transcript, variant.position) for variant in variants]
            firsts = dict(zip(reversed(keys), reversed(variants), strict=True))
            row = {key: number for number, key in enumerate(firsts)}
            distinct = list(firsts.values())
            window = np.array([row[key] for key in keys], np.int64)
        feature, mask = self._cut(distinct)
        labels = [variant.label for variant in variants if variant.label is not None]
        return assemble(
            [variant.var_id for variant in variants],
            np.array(labels, np.int64) if len(labels) == len(variants) else None,
            encode("".join(variant.ref for variant in variants)).astype(np.int64),
            encode("".join(variant.alt for variant in variants)).astype(np.int64),
            feature,
            mask,
            window,
        )

    def _cut(self, variants: Sequence[Variant]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the windows of some variants, the centre unmasked."""
        feature = self._buffers.empty((len(variants), WINDOW, FEATURE_COLUMNS))
        lengths = np.empty(len(variants), np.int64)
        # By transcript, so that a batch reads each matrix once, however few are cached.
        for row in sorted(range(len(variants)), key=lambda i: variants[i].transcript):
            first = variants[row].position - 1
            rows = self.matrices.padded(variants[row].transcript)
            feature[row] = rows[first : first + WINDOW]
            lengths[row] = len(rows) - 2 * CENTER
        positions = [variant.position - 1 for variant in variants]
        return feature, outside(positions, lengths).astype(np.float32)

    @property
    def var_ids(self) -> list[str]:
        """Return every variant's name."""
        return [variant.var_id for variant in self.variants]

    @property
    def labels(self) -> NDArray[np.float32]:
        """Return every variant's label, (len,) float32; NaN where it has none."""
        return label_array([variant.label for variant in self.variants])


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


def _refusal(path: str | Path, problems: Sequence[Problem], of: int) -> InputError:
    first = problems[0]
    return InputError(
        f"{path}, line {first.variant.line}: {first.detail}; "
        f"{len(problems)} of {of} variants cannot be used; correct the table, or give "
        'on_problem="skip" to leave them out'
    )
