import threading
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
import torch

from converters.records.tfrecord import RecordError
from converters.records.variant_record import read_records
from pt_gmvp.data import RecordDataset, RecordStream, loader, read_batches
from tests.pt_gmvp.data.record_batches import NAMES, flat, same


@pytest.mark.parametrize("size", [1, 3, 10, 99])
def test_batches_hold_the_records_in_order(size: int, shipped_records: Path) -> None:
    records = list(read_records(shipped_records))
    batches = list(read_batches(shipped_records, size))
    assert [len(batch.var_id) for batch in batches] == [
        min(size, 10 - start) for start in range(0, 10, size)
    ]
    assert [name for batch in batches for name in batch.var_id] == [r.var_id for r in records]
    for name in ("label", "ref_aa", "alt_aa", "feature"):
        stored = np.stack([getattr(record, name) for record in records])
        read = torch.cat([getattr(batch, name) for batch in batches])
        np.testing.assert_array_equal(read, stored)
    mask = torch.cat([batch.mask for batch in batches])
    expected = np.stack([record.mask for record in records])
    assert not expected[:, 64].any()
    expected[:, 64] = 1
    np.testing.assert_array_equal(mask, expected)


def test_a_damaged_file_is_refused(tmp_path: Path, shipped_records: Path) -> None:
    path = tmp_path / "cut.tfrec"
    path.write_bytes(shipped_records.read_bytes()[:300_000])
    with pytest.raises(RecordError, match=r"cut\.tfrec, record 1 at byte"):
        list(read_batches(path, 4))


def test_by_number_and_in_a_sweep_are_the_same(files):
    dataset = RecordDataset(files)
    assert len(dataset) == 23
    assert dataset.var_ids == NAMES
    np.testing.assert_array_equal(dataset.labels, np.arange(23, dtype=np.float32) % 2)
    by_number = list(loader(dataset, 4))
    swept = list(loader(RecordStream(files, 4)))
    alone = list(RecordStream(files, 4))
    assert flat(by_number) == NAMES
    for one, *others in zip(by_number, swept, alone, strict=True):
        assert all(same(one, other) for other in others)
    assert (by_number[0].mask[:, 64] == 1).all()
    assert dataset[-1].var_id == "variant_22"
    assert dataset[22].mask[64] == 0
    with pytest.raises(IndexError, match="no variant 23; there are 23"):
        dataset[23]


def test_one_damaged_record_costs_no_other(damaged):
    dataset = RecordDataset(damaged)
    assert [dataset[i].var_id for i in range(23) if i != 12] == NAMES[:12] + NAMES[13:]


def test_threads_end_with_what_they_read_for(files, damaged):
    before = threading.active_count()
    stopped = read_batches(files[0], 1)
    next(stopped)
    assert isinstance(stopped, Generator)
    stopped.close()
    for _ in loader(RecordStream(files, 1)):
        break
    with pytest.raises(RecordError):
        list(read_batches(damaged[3], 1))
    assert threading.active_count() == before
