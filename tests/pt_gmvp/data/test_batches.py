from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from converters.records.tfrecord import RecordError
from converters.records.variant_record import read_records
from pt_gmvp.data import MatrixError, collate, read_batches, windows


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


def test_a_damaged_file_is_refused(tmp_path: Path, shipped_records: Path) -> None:
    path = tmp_path / "cut.tfrec"
    path.write_bytes(shipped_records.read_bytes()[:300_000])
    with pytest.raises(RecordError, match=r"cut\.tfrec, record 1 at byte"):
        list(read_batches(path, 4))


@given(st.integers(1, 300), st.data())
def test_windows_are_cut_as_a_loop_would(length: int, data: st.DataObject) -> None:
    matrix = np.arange(1, length * 435 + 1, dtype=np.float64).reshape(length, 435)
    ends = st.sampled_from([0, length - 1]) | st.integers(0, length - 1)
    positions = data.draw(st.lists(ends, min_size=1, max_size=3))
    feature, mask = windows(matrix, positions)
    assert feature.dtype == mask.dtype == torch.float32
    for row, position in enumerate(positions):
        expected, outside = np.zeros((129, 435), np.float32), np.ones(129, np.float32)
        for offset in range(-64, 65):
            if 0 <= position + offset < length:
                expected[offset + 64] = matrix[position + offset]
                outside[offset + 64] = 0
        outside[64] = 1
        np.testing.assert_array_equal(feature[row], expected)
        np.testing.assert_array_equal(mask[row], outside)


def test_a_window_is_that_of_the_records(shipped_records: Path, pten: np.ndarray) -> None:
    for batch in read_batches(shipped_records, 1):
        transcript, position, *_ = batch.var_id[0].split("_")
        if transcript == "ENST00000371953":
            feature, mask = windows(pten, [int(position) - 1])
            assert torch.equal(feature[0], batch.feature[0])
            assert torch.equal(mask[0], batch.mask[0])


@pytest.mark.parametrize(
    ("shape", "position", "message"),
    [
        ((5, 434), 0, "the feature matrix has shape (5, 434); expected (length, 435)"),
        ((435,), 0, "the feature matrix has shape (435,); expected (length, 435)"),
        ((5, 435), 5, "position 5 is not in the protein; expected 0 to 4"),
        ((5, 435), -1, "position -1 is not in the protein; expected 0 to 4"),
    ],
)
def test_what_is_refused(shape: tuple[int, ...], position: int, message: str) -> None:
    with pytest.raises(MatrixError) as refused:
        windows(np.zeros(shape), [position])
    assert str(refused.value) == message
