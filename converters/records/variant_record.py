"""Variant records, the payloads of a TFRecord file of variants.

Each payload is a tf.train.Example of one variant: `label`, `ref_aa`, `alt_aa` (int64), `feature`
and `mask` (float32 bytes), `var_id` (bytes).
"""

from collections.abc import Callable, Iterable, Iterator
from operator import index
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from converters.columns import FEATURE_COLUMNS, WINDOW
from converters.protobuf_wire import WireError
from converters.records.record_template import NAMES, Template, Templates
from converters.records.tf_example import Value, decode_example, encode_example
from converters.records.tfrecord import LeftOut, RecordError, Report, read_frames, write_frames


class VariantRecord(NamedTuple):
    """One variant, as stored; L is the window's length, 129 in the original.

    `var_id` may be any bytes: those that are not UTF-8 become Python's surrogate escapes. `label`
    is 1 (pathogenic), 0 or None (not given); `ref_aa` and `alt_aa` are residue codes; `feature`
    (L, 435) float32 is the window around the variant; `mask` (L,) float32 is 1 outside the protein.
    The centre is NOT masked in the file; batches for a model mask it.
    """

    var_id: str
    label: int | None
    ref_aa: int
    alt_aa: int
    feature: NDArray[np.float32]
    mask: NDArray[np.float32]


def read_records(
    path: str | Path,
    *,
    window: int | None = WINDOW,
    on_skip: Report | None = None,
    on_extra: Callable[[list[str]], None] | None = None,
    on_bytes: Callable[[float], None] | None = None,
) -> Iterator[VariantRecord]:
    """Yield the variant records of a file, in file order.

    Args:
        path: a TFRecord file as the original's builder writes it, plain or gzip-compressed.
        window: rows of a window; with None all must have the length of the first record.
        on_skip: called with each region that is damaged or not a variant record, which is then
            skipped; without it, the first one raises an error.
        on_extra: called with the names of features that do not belong to a variant record, if
            there are any; it may raise RecordError to refuse the record.
        on_bytes: called with the number of bytes read from the file since the last call.

    Yields:
        VariantRecords, whose arrays are read-only views of the bytes read.

    Raises:
        RecordError: damage, a missing field, or an array whose byte count is not that of float32
            in the expected shape; names file, record and byte.
        OSError: the file cannot be read.
    """
    templates = Templates()
    for frame in read_frames(path, on_damage=on_skip, on_bytes=on_bytes):
        payload = frame.payload
        try:
            template = templates.find(payload)
            if template is not None:
                record = decode_by_template(payload, template, window)
            else:
                found = decode_example(memoryview(payload))
                record = variant_of(found, window)
                extra = sorted(found.keys() - set(NAMES))
                if extra and on_extra is not None:
                    on_extra(extra)
                templates.learn(payload, found)
        except (WireError, RecordError) as error:
            if on_skip is None:
                place = f"{path}, record {frame.number} at byte {frame.offset}"
                raise RecordError(f"{place}: {error}") from None
            stop = frame.offset + len(payload) + 16
            on_skip(LeftOut(str(path), frame.number, frame.offset, stop, str(error)))
            continue
        window = len(record.mask)
        yield record


def decode_by_template(payload: bytes, template: Template, window: int | None) -> VariantRecord:
    """Decode one Example with a known layout, six times as fast; raise RecordError."""
    spans = template.spans
    start, stop = spans["mask"]
    length = _window_of(stop - start, window)
    mask = np.frombuffer(payload, "<f4", length, start)
    start, stop = spans["feature"]
    _check_feature(stop - start, length)
    feature = np.frombuffer(payload, "<f4", length * FEATURE_COLUMNS, start)
    start, stop = spans["var_id"]
    return VariantRecord(
        payload[start:stop].decode("utf-8", "surrogateescape"),
        payload[template.label] if template.label >= 0 else None,
        payload[template.ref_aa],
        payload[template.alt_aa],
        feature.reshape(length, FEATURE_COLUMNS),
        mask,
    )


def variant_of(found: dict[str, list[Value]], window: int | None) -> VariantRecord:
    """Build a variant from a decoded Example; raise RecordError."""
    var_id = _bytes(found, "var_id")
    label = _integer(found, "label") if found.get("label") else None
    ref_aa, alt_aa = _integer(found, "ref_aa"), _integer(found, "alt_aa")
    feature, mask = _bytes(found, "feature"), _bytes(found, "mask")
    length = _window_of(len(mask), window)
    _check_feature(len(feature), length)
    return VariantRecord(
        bytes(var_id).decode("utf-8", "surrogateescape"),
        label,
        ref_aa,
        alt_aa,
        np.frombuffer(feature, "<f4").reshape(length, FEATURE_COLUMNS),
        np.frombuffer(mask, "<f4"),
    )


def _window_of(size: int, window: int | None) -> int:
    if window is None and size % 8 == 4:
        return size // 4
    if window is None or size != 4 * window:
        wanted = (
            "an odd number of float32" if window is None else f"{4 * window} (float32 {window})"
        )
        raise RecordError(f"mask has {size} bytes, expected {wanted}")
    return window


def _check_feature(size: int, length: int) -> None:
    expected = 4 * length * FEATURE_COLUMNS
    if size != expected:
        hint = "; that would be float64" if size == 2 * expected else ""
        wanted = f"expected {expected} (float32 {length} x {FEATURE_COLUMNS})"
        raise RecordError(f"feature has {size} bytes, {wanted}{hint}")


def _one(found: dict[str, list[Value]], name: str) -> Value:
    values = found.get(name)
    if values is None:
        held = ", ".join(map(repr, sorted(found))).replace("'", "") or "nothing"
        raise RecordError(f"{name} is missing; the record contains {held:.200}")
    if len(values) != 1:
        raise RecordError(f"{name} contains {len(values)} values, expected 1")
    return values[0]


def _integer(found: dict[str, list[Value]], name: str) -> int:
    value = _one(found, name)
    if not isinstance(value, int):
        held = "a float" if isinstance(value, float) else "bytes"
        raise RecordError(f"{name} contains {held}, expected an int64")
    return value


def _bytes(found: dict[str, list[Value]], name: str) -> memoryview:
    value = _one(found, name)
    if not isinstance(value, memoryview):
        raise RecordError(f"{name} is a number, expected bytes")
    return value


def check_record(record: VariantRecord, window: int | None = None) -> None:
    """Raise RecordError for values that a file cannot hold exactly; nothing is cast silently.

    Arrays must be float32 of the expected shape, and numbers must fit into int64.
    """
    name = ascii(record.var_id)[1:-1]
    length = len(record.mask) if window is None else window
    for kind, shape in (("feature", (length, FEATURE_COLUMNS)), ("mask", (length,))):
        array = getattr(record, kind)
        if array.dtype != np.float32 or array.shape != shape or length % 2 == 0:
            odd = "" if length % 2 else " with an odd number of rows"
            raise RecordError(
                f"{name}: {kind} is {array.dtype} {array.shape}, expected float32 {shape}{odd}"
            )
    for kind in ("label", "ref_aa", "alt_aa"):
        value = getattr(record, kind)
        if value is not None and not _is_int64(value):
            raise RecordError(f"{name}: {kind} is {value!r:.40}, expected an int64")


def _is_int64(value: object) -> bool:
    try:
        return -(1 << 63) <= index(value) < 1 << 63  # type: ignore[arg-type]
    except TypeError:
        return False


def id_bytes(var_id: str) -> bytes:
    """Return the bytes of a variant's name.

    Raises:
        RecordError: it holds surrogates that do not stand for a byte.
    """
    try:
        return var_id.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise RecordError(f"{var_id!a}: cannot be encoded as UTF-8") from None


def encode_record(record: VariantRecord) -> bytes:
    """Encode one variant, of any odd window, as an Example.

    Raises:
        RecordError: as for check_record and id_bytes.
    """
    check_record(record)
    label = {} if record.label is None else {"label": int(record.label)}
    return encode_example(
        {
            **label,
            "feature": record.feature.astype("<f4", copy=False).tobytes(),
            "ref_aa": int(record.ref_aa),
            "alt_aa": int(record.alt_aa),
            "mask": record.mask.astype("<f4", copy=False).tobytes(),
            "var_id": id_bytes(record.var_id),
        }
    )


def write_records(
    path: str | Path, records: Iterable[VariantRecord], *, gzipped: bool = False
) -> int:
    """Write variants as the original's builder does; return their number.

    Raises:
        RecordError: a record's array has another shape or dtype; no file is left behind.
        OSError: the file cannot be written.
    """
    return write_frames(path, map(encode_record, records), gzipped=gzipped)
