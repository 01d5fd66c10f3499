from functools import partial

import numpy as np
import pytest
import torch

from converters.errors import InputError
from converters.records.variant_record import read_records
from converters.store.writer import write_store
from pt_gmvp.data import RecordDataset, StoreDataset, loader

TENSORS = ("label", "ref_aa", "alt_aa", "feature", "mask")


def expanded(batch):
    if batch.window is None:
        return batch.feature, batch.mask
    return batch.feature[batch.window], batch.mask[batch.window]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_a_store_gives_the_batches_of_its_records(files, tmp_path, shared, workers):
    write_store(tmp_path / "store", (r for file in files for r in read_records(file)))
    store, records = StoreDataset(tmp_path / "store", shared), RecordDataset(files)
    assert len(store) == len(records)
    assert store.var_ids == records.var_ids
    np.testing.assert_array_equal(store.labels, records.labels)
    assert store[-1].var_id == "variant_22"
    shuffled = partial(loader, batch_size=5, shuffle=True, seed=4)
    for one, other in zip(shuffled(store, num_workers=workers), shuffled(records), strict=True):
        assert one.var_id == other.var_id
        assert all(torch.equal(getattr(one, t), getattr(other, t)) for t in TENSORS[:3])
        feature, mask = expanded(one)
        assert torch.equal(feature, other.feature)
        assert torch.equal(mask, other.mask)


def test_a_store_of_another_width_is_refused(made, tmp_path):
    narrow = [r._replace(feature=r.feature[:9], mask=r.mask[:9]) for r in made(2)]
    write_store(tmp_path / "store", narrow)
    with pytest.raises(InputError, match=r"windows of 9 x 435; the model takes 129 x 435"):
        StoreDataset(tmp_path / "store")


def test_a_variant_without_a_label(made, tmp_path):
    first, second = made(2)
    write_store(tmp_path / "store", [first, second._replace(label=None)])
    store = StoreDataset(tmp_path / "store")
    np.testing.assert_array_equal(store.labels, np.array([0, np.nan], np.float32))
    assert store.__getitems__([0, 1]).label is None
    assert store.__getitems__([0]).label.tolist() == [0]
    with pytest.raises(IndexError, match="no variant 2; there are 2"):
        store[2]
