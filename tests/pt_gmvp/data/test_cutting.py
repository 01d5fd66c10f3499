from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.data import MatrixError, read_batches, windows


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
