"""Files of many small-to-tell-apart records for the tests of the data sets."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from converters.records.variant_record import VariantRecord, write_records


def make_records(count: int, start: int = 0) -> list[VariantRecord]:
    random = np.random.default_rng(start)
    return [
        VariantRecord(
            f"variant_{number}",
            number % 2,
            number % 20,
            (number + 1) % 20,
            random.standard_normal((129, 435), np.float32),
            (np.arange(129) > 100).astype(np.float32),
        )
        for number in range(start, start + count)
    ]


@pytest.fixture(scope="session")
def made() -> Callable[..., list[VariantRecord]]:
    return make_records


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """23 records in files of 9, none, 1 and 13."""
    folder, paths, start = tmp_path_factory.mktemp("records"), [], 0
    for count in (9, 0, 1, 13):
        path = folder / f"from_{start}_{count}.tfrec"
        write_records(path, make_records(count, start))
        paths.append(path)
        start += count
    return paths


@pytest.fixture
def damaged(files, tmp_path):
    """The last file with a byte of its third record changed; it is the 13th of all."""
    path = tmp_path / "damaged.tfrec"
    whole = bytearray(files[3].read_bytes())
    whole[2 * len(whole) // 13 + 1000] ^= 1
    path.write_bytes(whole)
    return [*files[:3], path]
