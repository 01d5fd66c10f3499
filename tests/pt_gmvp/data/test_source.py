import numpy as np
import pytest

from pt_gmvp.data import Batch, RecordDataset, as_batch
from pt_gmvp.data.source import SubsetDataset, label_array


@pytest.fixture
def subset(shipped_records):
    return SubsetDataset(RecordDataset(shipped_records), [7, 0, 3])


def test_a_subset_has_the_chosen_variants_in_order(subset):
    source = subset.source
    assert len(subset) == 3
    assert subset.var_ids == [source.var_ids[number] for number in (7, 0, 3)]
    np.testing.assert_array_equal(subset.labels, source.labels[[7, 0, 3]])
    assert subset[-1].var_id == source.var_ids[3]
    assert subset.__getitems__([2, 0]).var_id == [source.var_ids[3], source.var_ids[7]]


@pytest.mark.parametrize("index", [3, -4])
def test_beyond_the_last_variant(subset, index):
    with pytest.raises(IndexError, match=f"no variant {index}; there are 3, from 0"):
        subset[index]


def test_records_are_collated_and_batches_kept(subset):
    batch = as_batch([subset[0], subset[1]])
    assert isinstance(batch, Batch)
    assert as_batch(batch) is batch


def test_a_missing_label_is_nan():
    np.testing.assert_array_equal(label_array([1, None, 0]), np.array([1, np.nan, 0], np.float32))
