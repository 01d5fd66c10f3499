"""Records read from their file straight into the arrays of a batch.

Copying a window costs more than reading it, so the bytes of `feature` are read directly to their
place. Where they are in the payload is predicted from an earlier record of the same size, and
checked against the payload's other bytes afterwards. A record with another layout is decoded by
the general reader.

No thread reads ahead: a checksum is fast only while the bytes are in the core's own cache.
"""

import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.buffers import Buffers
from converters.columns import FEATURE_COLUMNS, WINDOW
from converters.protobuf_wire import WireError
from converters.records.record_template import Template, Templates
from converters.records.tf_example import decode_example
from converters.records.tfrecord import HEAD, RecordError
from converters.records.variant_record import VariantRecord, variant_of
from pt_gmvp.data.batch import Batch, Head, ValuesError, under_heads
from pt_gmvp.data.record_index import TAIL, Place, check_size, check_sum, place_at

_FEATURE_BYTES, _MASK_BYTES = 4 * WINDOW * FEATURE_COLUMNS, 4 * WINDOW
# The files are little-endian; on another machine every record is decoded.
_AS_IN_FILES = sys.byteorder == "little"


class _Rows(NamedTuple):
    """Arrays of a batch, `feature` (size, 129, 435) and `mask` (size, 129), float32.

    `bytes` (size, 224460) uint8 is the memory of `feature`.
    """

    feature: NDArray[np.float32]
    mask: NDArray[np.float32]
    bytes: NDArray[np.uint8]


class RowReader:
    """Reader of records into rows of arrays, which learns how the records are laid out."""

    def __init__(self) -> None:
        self._templates = Templates()
        self._buffers = Buffers()

    def record(self, descriptor: int, place: Place) -> VariantRecord:
        """Read one record, the centre unmasked; raise as `batch` does."""
        rows = self._rows(1)
        head, _ = self._read(descriptor, place, rows, 0)
        return VariantRecord(*head, rows.feature[0], rows.mask[0])

    def batch(self, places: Iterator[tuple[int, Place]], size: int) -> Batch | None:
        """Make a batch of records in any order; None if there are none.

        Args:
            places: open file and place of each of `size` records.
            size: number of records.

        Raises:
            RecordError: a record is damaged, or not a variant record.
            OSError: a file cannot be read.
        """
        rows, heads, read = self._rows(size), list[Head](), list[Place]()
        for number, (descriptor, place) in enumerate(places):
            heads.append(self._read(descriptor, place, rows, number)[0])
            read.append(place)
        return _batch(heads, rows, read)

    def batches(self, path: str, descriptor: int, size: int) -> Iterator[Batch]:
        """Make batches of all records of an open file, in its order; the last may be smaller.

        Raises as `batch` does, after the batches before.
        """
        total = os.fstat(descriptor).st_size
        offset = number = 0
        following = os.pread(descriptor, HEAD.size, 0)
        while offset < total:
            rows, heads, read = self._rows(size), list[Head](), list[Place]()
            while offset < total and len(heads) < size:
                place = place_at(path, number, offset, following, total)
                head, following = self._read(descriptor, place, rows, len(heads), HEAD.size)
                heads.append(head)
                read.append(place)
                offset, number = place.stop, number + 1
            batch = _batch(heads, rows, read)
            assert batch is not None, "there was a record to read"
            del rows
            yield batch
            # Dropped before the next is made, so that its memory can be reused.
            del batch

    def _rows(self, size: int) -> _Rows:
        feature = self._buffers.empty((size, WINDOW, FEATURE_COLUMNS))
        mask = np.empty((size, WINDOW), np.float32)
        return _Rows(feature, mask, feature.reshape(size, -1).view(np.uint8))

    def _read(
        self, descriptor: int, place: Place, rows: _Rows, number: int, beyond: int = 0
    ) -> tuple[Head, bytes]:
        """Read and verify a record into a row; return also the bytes beyond its frame."""
        start, stop = self._predicted(place.size)
        within = rows.bytes[number, : stop - start]
        # The frame without the feature, which is cut out at `edge`; `end` is the payload's end.
        edge, end = HEAD.size + start, HEAD.size + place.size - (stop - start)
        rest = np.empty(end + TAIL.size + beyond, np.uint8)
        got = os.preadv(descriptor, [rest[:edge], within, rest[edge:]], place.offset)  # type: ignore[list-item]
        got -= len(within)
        check_size(place, min(got, end + TAIL.size) == end + TAIL.size)
        around = rest[:got].tobytes()
        before, after, tail = around[HEAD.size : edge], around[edge:end], around[end:]
        check_sum(place, tail, before, within, after)
        head = self._extract(place.size, around[HEAD.size : end], (start, stop), rows.mask[number])
        if head is None:
            payload = before + within.tobytes() + after
            record = self._decode(place, payload)
            rows.feature[number], rows.mask[number] = record.feature, record.mask
            head = Head(*record[:4])
        return head, tail[TAIL.size :]

    def _decode(self, place: Place, payload: bytes) -> VariantRecord:
        """Decode a verified payload by the general reader, and learn its layout."""
        try:
            found = decode_example(memoryview(payload))
            record = variant_of(found, WINDOW)
        except (WireError, RecordError) as error:
            raise RecordError(f"{place}: {error}") from None
        self._templates.learn(payload, found)
        return record

    def _predicted(self, size: int) -> tuple[int, int]:
        """Predict where the feature is in a payload; (0, 0) if that is not known."""
        for template in self._templates.of_size(size) if _AS_IN_FILES else ():
            (start, stop), (first, last) = template.spans["feature"], template.spans["mask"]
            if stop - start == _FEATURE_BYTES and last - first == _MASK_BYTES:
                return start, stop
        return 0, 0

    def _extract(
        self, size: int, around: bytes, span: tuple[int, int], mask: NDArray[np.float32]
    ) -> Head | None:
        """Take the values from a payload without its feature, if its layout is as predicted."""
        if span[1] == 0:
            return None
        for template in self._templates.of_size(size):
            if template.spans["feature"] == span and template.around.fits(around):
                return _head(around, template.around, mask)
        return None


def _batch(heads: list[Head], rows: _Rows, read: list[Place]) -> Batch | None:
    """Make the batch of records read from their places; raise RecordError with one of these."""
    try:
        return under_heads(heads, rows.feature, rows.mask)
    except ValuesError as error:
        raise RecordError(f"{read[error.row]}: {error}") from None


def _head(around: bytes, template: Template, mask: NDArray[np.float32]) -> Head:
    start, _ = template.spans["mask"]
    mask[:] = np.frombuffer(around, "<f4", WINDOW, start)
    start, stop = template.spans["var_id"]
    return Head(
        around[start:stop].decode("utf-8", "surrogateescape"),
        around[template.label] if template.label >= 0 else None,
        around[template.ref_aa],
        around[template.alt_aa],
    )
