"""Records for the checks: shipped, from the user's files, or random."""

from itertools import islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from converters.columns import CENTER, FEATURE_COLUMNS, SPECIES, WINDOW
from parity.arrays import Array
from parity.declaring.inputs import InputSet, generator
from parity.errors import InputError
from parity.ports.gmvp.layer_inputs import ODD_CODES

if TYPE_CHECKING:
    from converters.records.variant_record import VariantRecord

SHIPPED = Path(__file__).parent / "data" / "TP53_PTEN.tfrec"


def load(source: str | None, seed: int, count: int) -> InputSet:
    """Load at most `count` records: shipped (None), drawn ("random"), or from a file or folder.

    Arrays: ref_aa, alt_aa (B,) int32; feature (B, 129, 435), mask (B, 129), label (B,) float32. The
    mask is 1 outside the protein and, as the original's reader sets it, at the centre.

    Raises InputError for a path without records, or for a damaged file.
    """
    if source == "random":
        return random_records(seed, count)
    if source is None:
        note = "windows of human TP53 and PTEN; their homologs are simulated"
        return _stack(_read([SHIPPED], count), SHIPPED.name, note)
    if not source:
        raise InputError("no inputs named; expected a TFRecord file, a folder or 'random'")
    path = Path(source)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*.tfrec") if file.is_file())
        if not files:
            raise InputError(
                f"{path} contains no TFRecord file; expected files named *.tfrec in it"
            )
        return _stack(_read(files, count), source, f"{len(files)} files")
    if not path.is_file():
        raise InputError(
            f"no file or folder {path}; expected a TFRecord file, a folder, or 'random'"
        )
    return _stack(_read([path], count), source, "")


def _read(files: list[Path], count: int) -> list["VariantRecord"]:
    """Read the first records of each file, the same number from each."""
    from converters.records.tfrecord import RecordError
    from converters.records.variant_record import read_records

    files = files[:count]
    share = ceil(count / len(files))
    records: list[VariantRecord] = []
    for file in files:
        try:
            found = list(islice(read_records(file), share))
        except (RecordError, OSError) as error:
            raise InputError(str(error)) from error
        if not found:
            raise InputError(f"{file} contains no records; remove it, or name the other files")
        records += found
    return records[:count]


def _stack(records: list["VariantRecord"], name: str, note: str) -> InputSet:
    mask = np.stack([record.mask for record in records])
    mask[:, CENTER] = 1
    arrays = {
        "ref_aa": np.array([record.ref_aa for record in records], np.int32),
        "alt_aa": np.array([record.alt_aa for record in records], np.int32),
        "feature": np.stack([record.feature for record in records]),
        "mask": mask,
        "label": np.array([record.label or 0 for record in records], np.float32),
    }
    return InputSet(name, arrays, note)


def random_records(seed: int, count: int) -> InputSet:
    """Draw records that no protein has, for cases that real windows do not cover.

    Residue codes beyond the alphabet, between two codes and just below 0, windows that extend far
    beyond an end of the protein, and in every fourth record only masked positions.
    """
    random = generator("gmvp/records", seed)
    feature = np.zeros((count, WINDOW, FEATURE_COLUMNS), np.float32)
    feature[..., 0] = random.integers(0, 21, (count, WINDOW))
    feature[..., 1:21] = random.dirichlet(np.full(20, 0.3), (count, WINDOW))
    feature[..., 21:221] = _alignment(random, feature[..., 0])
    feature[..., 221:421] = random.uniform(0, 100, (count, 1, SPECIES))
    feature[..., 421:431] = random.uniform(-1, 1, (count, WINDOW, 10))
    feature[..., 431:435] = random.gamma(1.0, 2.0, (count, WINDOW, 4))
    mask = np.zeros((count, WINDOW), np.float32)
    for row in range(count):
        before, after = random.integers(0, CENTER, 2)
        mask[row, :before] = mask[row, WINDOW - after :] = 1
        feature[row, mask[row] == 1] = 0
    mask[3::4] = 1
    mask[:, CENTER] = 1
    arrays = {
        "ref_aa": random.integers(0, 20, count).astype(np.int32),
        "alt_aa": random.integers(0, 20, count).astype(np.int32),
        "feature": feature,
        "mask": mask,
        "label": random.integers(0, 2, count).astype(np.float32),
    }
    return InputSet(f"random, seed {seed}", arrays)


def _alignment(random: np.random.Generator, human: Array) -> Array:
    """Draw species (B, L, 200) that mostly agree with `human` (B, L), with some invalid codes."""
    shape = (*human.shape, SPECIES)
    rows = np.broadcast_to(human[..., None], shape).copy()
    changed = random.random(shape) < random.beta(0.5, 1.5, (*human.shape, 1))
    rows[changed] = random.integers(0, 21, int(changed.sum()))
    odd = random.random(shape) < 0.01
    rows[odd] = random.choice(ODD_CODES, int(odd.sum()))
    return rows
