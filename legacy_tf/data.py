"""Readers of variant records and feature matrices."""

import glob
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from legacy_tf.config import CENTER, FEATURE_COLUMNS, WINDOW
from legacy_tf.errors import GMVPError

SHUFFLE_BUFFER = 2048
MATRIX_SUFFIXES = (".pickle", ".npy")
_VERSION = re.compile(r"\.\d+$")

_RECORD = {
    "ref_aa": tf.io.FixedLenFeature([], tf.int64),
    "alt_aa": tf.io.FixedLenFeature([], tf.int64),
    "feature": tf.io.FixedLenFeature([], tf.string),
    "mask": tf.io.FixedLenFeature([], tf.string),
    "var_id": tf.io.FixedLenFeature([], tf.string),
}
_LABELLED_RECORD = {**_RECORD, "label": tf.io.FixedLenFeature([], tf.int64)}


class RecordError(GMVPError):
    """A file of variant records is missing, damaged, or contains something else."""


class FeatureError(GMVPError):
    """A transcript's feature matrix cannot be used."""


def _parse(example: tf.Tensor, labelled: bool) -> dict[str, tf.Tensor]:
    """Decode one serialized tf.train.Example, with the variant's own position masked."""
    record = tf.io.parse_single_example(example, _LABELLED_RECORD if labelled else _RECORD)
    feature = tf.io.decode_raw(record["feature"], tf.float32, little_endian=True)
    mask = tf.reshape(tf.io.decode_raw(record["mask"], tf.float32, little_endian=True), [WINDOW])
    parsed = {
        "var_id": record["var_id"],
        "ref_aa": tf.cast(record["ref_aa"], tf.int32),
        "alt_aa": tf.cast(record["alt_aa"], tf.int32),
        "feature": tf.reshape(feature, [WINDOW, FEATURE_COLUMNS]),
        # A variant never attends to itself; the records leave this mask to the reader.
        "mask": tf.tensor_scatter_nd_update(mask, [[CENTER]], [1.0]),
    }
    if labelled:
        parsed["label"] = tf.cast(record["label"], tf.float32)
    return parsed


def _records(files: Sequence[str | Path], labelled: bool) -> tf.data.Dataset:
    names = [str(file) for file in files]
    for name in names:
        if not Path(name).is_file():
            raise RecordError(f"{name}: no such file of variant records")
    examples = tf.data.TFRecordDataset(names)
    # Parallel but in order: tf.data keeps the order by default.
    return examples.map(
        lambda example: _parse(example, labelled), num_parallel_calls=tf.data.AUTOTUNE
    )


def training_records(
    files: Sequence[str | Path], batch_size: int, seed: int | None = None
) -> tf.data.Dataset:
    """Read records for training, in batches, reshuffled with a buffer of 2048 on each pass.

    Each batch is a dict: "var_id" (B,) bytes, "ref_aa" and "alt_aa" (B,) int32, "feature"
    (B, 129, 435), "mask" (B, 129) and "label" (B,) float32; the last may be smaller. Raises
    RecordError for a missing file; iterate within `clear_errors` to get it for damaged ones.
    """
    records = _records(files, labelled=True).shuffle(SHUFFLE_BUFFER, seed=seed)
    return records.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def validation_records(files: Sequence[str | Path], batch_size: int) -> tf.data.Dataset:
    """Read records for validation: like `training_records`, but in file order."""
    return _records(files, labelled=True).batch(batch_size).prefetch(tf.data.AUTOTUNE)


def test_records(files: Sequence[str | Path], batch_size: int) -> tf.data.Dataset:
    """Read records for prediction: in file order, and without "label", which may be missing."""
    return _records(files, labelled=False).batch(batch_size).prefetch(tf.data.AUTOTUNE)


# pytest would collect this as a test because of its name.
test_records.__test__ = False


@contextmanager
def clear_errors(files: Sequence[str | Path], labelled: bool = False) -> Iterator[None]:
    """Turn errors of TensorFlow while reading into a RecordError that names file and record."""
    try:
        yield
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        place = _first_fault(files, labelled)
        if place is None:
            raise
        raise RecordError(place) from error


def _first_fault(files: Sequence[str | Path], labelled: bool) -> str | None:
    """Reread record by record; return an error message for the first unreadable one, or None."""
    for file in files:
        number = 0
        try:
            for example in tf.data.TFRecordDataset(str(file)):
                _parse(example, labelled)
                number += 1
        except tf.errors.DataLossError:
            return (
                f"{file}: record {number} is damaged: its length or its checksum does not match "
                "its bytes; copy or build the file again"
            )
        except tf.errors.InvalidArgumentError:
            names = "label, ref_aa" if labelled else "ref_aa"
            return (
                f"{file}: record {number} is not a variant record; expected a tf.train.Example of "
                f"{names}, alt_aa, var_id, feature ({WINDOW} x {FEATURE_COLUMNS} float32) and "
                f"mask ({WINDOW} float32)"
            )
    return None


def find_features(folder: str | Path, transcript: str) -> Path | None:
    """Return the file of a transcript's feature matrix, .pickle before .npy, or None.

    A file of exactly this id comes first; else ids fit with and without version. Raises
    FeatureError if several versions of the transcript have a file then.
    """
    folder = Path(folder)
    bare = _VERSION.sub("", transcript)
    for name in (transcript, bare):
        for suffix in MATRIX_SUFFIXES:
            path = folder / f"{name}{suffix}"
            if path.is_file():
                return path
    found = [
        path
        for suffix in MATRIX_SUFFIXES
        for path in sorted(folder.glob(f"{glob.escape(bare)}*{suffix}"))
        if _VERSION.sub("", path.name.removesuffix(suffix)) == bare
    ]
    if len({path.stem for path in found}) > 1:
        raise FeatureError(
            f"{folder}: {found[0].name} and {found[1].name} are both versions of {bare}; name "
            f"one of them in place of {transcript}"
        )
    return found[0] if found else None


def load_features(path: str | Path) -> np.ndarray:
    """Read a feature matrix, (protein length, 435) float64.

    Pickles are read without executing them. Raises FeatureError for a damaged file, a pickle of
    anything but an array, a wrong shape, and NaN or infinity.
    """
    path = Path(path)
    matrix: Any
    if path.suffix == ".npy":
        try:
            matrix = np.load(path, allow_pickle=False)
        except (ValueError, OSError, EOFError) as error:
            raise FeatureError(f"{path}: cannot be read as .npy: {error}") from None
    else:
        from converters.pickles import PickleRefusedError, load_array

        try:
            matrix = load_array(path)
        except PickleRefusedError as error:
            raise FeatureError(str(error)) from None
    if matrix.ndim != 2 or matrix.shape[1] != FEATURE_COLUMNS or not len(matrix):
        expected = f"expected (protein length, {FEATURE_COLUMNS})"
        raise FeatureError(f"{path}: has the shape {matrix.shape}; {expected}")
    matrix = matrix.astype(np.float64, copy=False)
    if not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise FeatureError(
            f"{path}: holds {matrix[row, column]} in row {row}, column {column}; "
            "expected finite numbers; build the file again"
        )
    return matrix


def windows(matrix: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut the windows around `positions` (P,), counted from 0, out of a matrix (length, 435).

    Returns feature (P, 129, 435) float32, zero outside the protein, and mask (P, 129) float32, 1
    outside the protein and at the centre.
    """
    rows = positions[:, np.newaxis] + np.arange(-CENTER, CENTER + 1)
    outside = (rows < 0) | (rows >= len(matrix))
    feature = matrix[np.where(outside, 0, rows)].astype(np.float32)
    feature[outside] = 0
    mask = outside.astype(np.float32)
    mask[:, CENTER] = 1
    return feature, mask
