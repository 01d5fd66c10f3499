"""Inputs of the readers' pairs: records and matrices as arrays, which a side writes to a file.

Floats go in and out as integers of the same bits. So a float64 run reads the same file, and bits
are compared: the sign of zero and everything else in which equal numbers may differ.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from converters.columns import (
    ALIGNED_RESIDUES,
    CENTER,
    FEATURE_COLUMNS,
    N_AMINO_ACIDS,
    RESIDUE,
    RESIDUE_STATES,
    SPECIES,
    WINDOW,
)
from parity.arrays import Array, Arrays
from parity.declaring.inputs import generator
from parity.declaring.port import Given

BATCH = 4
"""Small, so that a few records make several batches, the last one incomplete."""


def bits(array: Array) -> Array:
    """Return a float array as integers of the same bits; any other array unchanged."""
    if array.dtype.kind != "f":
        return array
    return np.ascontiguousarray(array).view(f"i{array.dtype.itemsize}")


def records(given: Given) -> Arrays:
    """Return records as in a file: names as padded UTF-8 (B, W) uint8, the centre not masked."""
    made = given.config.options["made"]
    arrays = _synthetic(given) if made else given.inputs.arrays
    count = len(arrays["ref_aa"])
    mask = arrays["mask"].copy()
    mask[:, CENTER] = 0
    # Not in the order of their names, by which a training reader's records are sorted.
    names = [(f"ENST_α/{i} *" * (i + 1) if made else f"variant_{i}") for i in range(count)][::-1]
    return {
        "var_id": padded(names),
        "label": arrays["label"].astype(np.int64),
        "ref_aa": arrays["ref_aa"].astype(np.int64),
        "alt_aa": arrays["alt_aa"].astype(np.int64),
        "feature": bits(arrays["feature"]),
        "mask": bits(mask),
    }


def _synthetic(given: Given) -> Arrays:
    """Draw records of arbitrary finite float32, extremes, denormals and -0.0 among them."""
    random, count = generator("gmvp/made records", given.seed), 6
    return {
        "feature": _finite_floats(random, (count, WINDOW, FEATURE_COLUMNS)),
        # Readers refuse any other mask.
        "mask": random.choice(np.array([0.0, 1.0, -0.0], np.float32), (count, WINDOW)),
        "label": np.arange(count) % 2,
        "ref_aa": random.integers(0, 21, count),
        "alt_aa": random.integers(0, 21, count),
    }


def _finite_floats(random: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draw float32 numbers of arbitrary finite bits; the first six are extremes."""
    drawn = random.integers(0, 2**32, shape, dtype=np.uint32).view(np.float32)
    drawn[~np.isfinite(drawn)] = -0.0
    limits = np.finfo(np.float32)
    ends: list[Any] = [0.0, limits.max, limits.min, limits.tiny, limits.smallest_subnormal]
    drawn.reshape(-1)[:6] = np.array([-0.0, *ends], np.float32)
    return drawn


def windows(given: Given) -> Arrays:
    """Return a matrix, positions at both ends and between, and a variant at each.

    matrix (length, 435), float64 as bits; positions and alt_aa (P,) int64.
    """
    options, random = given.config.options, generator("gmvp/windows", given.seed)
    if options["length"] is None:
        matrix = given.inputs.arrays["feature"].reshape(-1, FEATURE_COLUMNS).astype(np.float64)
    elif options["way"] == "windows":
        matrix = _any_matrix(random, options["length"])
    else:
        # Tables come with a folder of matrices, which are checked as they are read.
        matrix = _plausible_matrix(random, options["length"])
    last = len(matrix) - 1
    between = random.integers(0, len(matrix), 4)
    positions = np.unique([0, min(1, last), max(0, last - 1), last, *between])
    alt_aa = random.integers(0, N_AMINO_ACIDS, len(positions))
    return {"matrix": bits(matrix), "positions": positions, "alt_aa": alt_aa}


def labels_of(inputs: Arrays) -> Array:
    """Return a label for each variant, (P,) int64, the same for equal variants."""
    return np.asarray((inputs["positions"] + inputs["alt_aa"]) % 2, np.int64)


def _any_matrix(random: np.random.Generator, length: int) -> Array:
    """Draw a matrix (length, 435) float64 of any numbers, tiny, huge and -0.0 among them."""
    scale = 10.0 ** random.integers(-40, 38)
    matrix = random.standard_normal((length, FEATURE_COLUMNS)) * scale
    matrix[:, RESIDUE] = random.integers(0, N_AMINO_ACIDS, length)
    matrix[0, 1], matrix[-1, 2] = -0.0, 1e-45
    return matrix


def _plausible_matrix(random: np.random.Generator, length: int) -> Array:
    """Draw a matrix (length, 435) float64 whose columns are in the ranges of a protein's."""
    matrix = random.uniform(0, 1, (length, FEATURE_COLUMNS))
    matrix[:, RESIDUE] = random.integers(0, N_AMINO_ACIDS, length)
    matrix[:, ALIGNED_RESIDUES] = random.integers(0, RESIDUE_STATES, (length, SPECIES))
    return matrix


def padded(names: list[str]) -> Array:
    """Encode names as UTF-8 in (number, longest) uint8, padded with zeros."""
    encoded = [name.encode() for name in names]
    table = np.zeros((len(encoded), max(map(len, encoded))), np.uint8)
    for row, name in zip(table, encoded, strict=True):
        row[: len(name)] = np.frombuffer(name, np.uint8)
    return table


@contextmanager
def record_file(inputs: Arrays, compressed: bool = False) -> Iterator[Path]:
    """Write a TFRecord file of the records, which exists for the duration of the block."""
    from converters.records.variant_record import VariantRecord, write_records

    feature, mask = inputs["feature"].view(np.float32), inputs["mask"].view(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.tfrec"
        write_records(
            path,
            (
                VariantRecord(
                    inputs["var_id"][i].tobytes().rstrip(b"\0").decode(),
                    int(inputs["label"][i]),
                    int(inputs["ref_aa"][i]),
                    int(inputs["alt_aa"][i]),
                    feature[i],
                    mask[i],
                )
                for i in range(len(feature))
            ),
            gzipped=compressed,
        )
        yield path


def as_outputs(names: list[str], read: dict[str, Any], in_order: bool) -> Arrays:
    """Return what a reader read, floats as bits, sorted by name if the reader shuffles."""
    order = slice(None) if in_order else np.argsort(names)
    outputs = {"var_id": padded(names), **{name: bits(array) for name, array in read.items()}}
    wanted = ("var_id", "label", "ref_aa", "alt_aa", "feature", "mask")
    return {name: outputs[name][order] for name in wanted if name in outputs}
