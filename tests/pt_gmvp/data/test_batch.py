from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from converters.records.tfrecord import RecordError
from converters.records.variant_record import VariantRecord, read_records, write_records
from converters.store.tensors import StoreError
from converters.store.writer import write_store
from pt_gmvp.data import RecordDataset, StoreDataset, as_batch, collate, read_batches
from pt_gmvp.data.batch import ValuesError, assemble, gather
from tests.pt_gmvp.data.record_batches import NAMES, same


def test_dtypes(shipped_records: Path) -> None:
    batch = next(read_batches(shipped_records, 2))
    assert batch.ref_aa.dtype == batch.alt_aa.dtype == torch.int64
    assert batch.label.dtype == batch.feature.dtype == batch.mask.dtype == torch.float32
    assert batch.window is None


def test_a_batch_with_an_unlabelled_record_has_no_labels(shipped_records: Path) -> None:
    first, second, *_ = read_records(shipped_records)
    assert collate([first, second._replace(label=None)]).label is None


def test_a_batch_moves_as_a_whole(shipped_records: Path) -> None:
    batch = next(read_batches(shipped_records, 2))
    moved = batch._replace(window=torch.tensor([1, 0])).to("meta")
    assert moved.var_id == batch.var_id
    assert {part.device.type for part in moved[1:]} == {"meta"}
    assert batch._replace(label=None).to("cpu").label is None


def test_single_records_are_put_together(made):
    records = made(3)
    assert same(as_batch(records), collate(records))
    assert as_batch(collate(records)).var_id == NAMES[:3]
    with pytest.raises(ValueError, match="no records to make a batch of"):
        collate([])


def test_pin_memory_keeps_what_is_not_there(made, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "pin_memory", torch.Tensor.clone)
    batch = collate([record._replace(label=None) for record in made(2)]).pin_memory()
    assert batch.label is None
    assert batch.window is None
    assert batch.var_id == NAMES[:2]


@given(st.integers(0, 7), st.integers(1, 4))
def test_gathering_takes_the_records_in_turn(count: int, size: int) -> None:
    window = np.zeros((129, 435), np.float32), np.zeros(129, np.float32)
    records = iter([VariantRecord(f"v{n}", n % 2, n, 19 - n, *window) for n in range(count)])
    batches = []
    while batch := gather(records, size):
        batches.append(batch)
    assert [len(batch.var_id) for batch in batches] == [
        min(size, count - start) for start in range(0, count, size)
    ]
    assert [n for batch in batches for n in batch.ref_aa.tolist()] == list(range(count))
    assert [n for batch in batches for n in batch.label.tolist()] == [n % 2 for n in range(count)]


def test_an_assembled_batch_masks_the_centre_alone() -> None:
    codes, mask = np.zeros(2, np.int64), np.zeros((2, 129), np.float32)
    feature = np.ones((2, 129, 435), np.float32)
    batch = assemble(["a", "b"], None, codes, codes, feature, mask)
    assert batch.mask.nonzero().tolist() == [[0, 64], [1, 64]]
    assert batch.feature.data_ptr() == feature.ctypes.data
    assert batch.label is None
    assert batch.inputs == (batch.ref_aa, batch.alt_aa, batch.feature, batch.mask, None)


IMPOSSIBLE = [
    ({"label": 2}, "label of 'variant_1' is 2; expected 0 or 1"),
    ({"label": -1}, "label of 'variant_1' is -1; expected 0 or 1"),
    ({"ref_aa": 99}, "ref_aa of 'variant_1' is 99; expected a residue code, 0 to 20"),
    ({"alt_aa": -1}, "alt_aa of 'variant_1' is -1; expected a residue code, 0 to 20"),
    (
        {"mask": np.full(129, 7, np.float32)},
        "a mask holds 7 in row 0 (from 0); expected 0 or 1",
    ),
    ({"mask": np.full(129, np.nan, np.float32)}, "a mask holds nan in row 0"),
]


@pytest.mark.parametrize(("changed", "message"), IMPOSSIBLE)
def test_values_that_no_variant_has_are_not_trained_on(made, tmp_path, changed, message):
    records = made(3)
    records[1] = records[1]._replace(**changed)
    with pytest.raises(ValuesError) as caught:
        collate(records)
    assert caught.value.row == 1
    assert message in str(caught.value)
    for name, gzipped in (("plain.tfrec", False), ("packed.tfrec", True)):
        write_records(tmp_path / name, records, gzipped=gzipped)
        with pytest.raises(RecordError) as said:
            list(read_batches(tmp_path / name, 2))
        assert str(said.value).startswith(f"{tmp_path / name}, record 1")
        assert message in str(said.value)
    with pytest.raises(RecordError, match=r"plain\.tfrec, record 1 "):
        RecordDataset(tmp_path / "plain.tfrec").__getitems__([2, 1])
    write_store(tmp_path / "store", records)
    with pytest.raises(StoreError, match=r"store: (a mask|label|ref_aa|alt_aa) "):
        StoreDataset(tmp_path / "store").__getitems__([2, 1])


def test_a_code_of_an_unknown_residue_is_possible(made):
    assert collate([made(1)[0]._replace(ref_aa=20, alt_aa=20)]).alt_aa.tolist() == [20]
