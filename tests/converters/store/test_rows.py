"""Rows of a store: each distinct one is written once, in order of first appearance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.store import rows as module
from converters.store.rows import Rows
from converters.store.tensors import StoreError, TensorFile, checksum


def some(*values):
    """Rows of one repeated value each: (number of values, 435) float32."""
    return np.repeat(np.array(values, np.float32)[:, None], 435, 1)


def written(folder, files):
    """Read the rows of all shards, in order."""
    return np.concatenate(
        [TensorFile(folder / f.name, f.bytes, f.layouts()).tensors["rows"] for f in files]
    )


@pytest.fixture
def rows(tmp_path):
    made = Rows(tmp_path, 3)
    yield made
    made.close()


def test_a_known_row_keeps_its_number(rows, tmp_path):
    assert rows.ids(some(5, 6, 5)).tolist() == [0, 1, 0]
    assert rows.ids(some(7, 6)).tolist() == [2, 1]
    rows.finish()
    assert rows.count == 3
    assert (written(tmp_path, rows.files) == some(5, 6, 7)).all()
    assert [path.name for path in tmp_path.iterdir()] == ["rows-00000.safetensors"]


def test_rows_are_compared_by_their_bits(rows):
    assert rows.ids(some(0.0, -0.0, np.nan, np.nan)).tolist() == [0, 1, 2, 2]


def test_a_full_shard_is_followed_by_another(rows, tmp_path):
    rows.ids(some(*range(7)))
    rows.finish()
    assert [file.rows for file in rows.files] == [3, 3, 1]
    for file in rows.files:
        assert (tmp_path / file.name).stat().st_size == file.bytes
        assert checksum(tmp_path / file.name) == file.crc32c
    assert (written(tmp_path, rows.files) == some(*range(7))).all()


@settings(max_examples=25)
@given(values=st.lists(st.integers(0, 12), min_size=1, max_size=40), width=st.integers(1, 5))
def test_numbers_are_right_beyond_what_memory_holds(tmp_path_factory, values, width):
    """A ring of two rows sends nearly every row to the table on disk."""
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_RING", 2)
        made = Rows(folder, 4)
        found = [
            number
            for start in range(0, len(values), width)
            for number in made.ids(some(*values[start : start + width])).tolist()
        ]
        made.finish()
    distinct = list(dict.fromkeys(values))
    assert found == [distinct.index(value) for value in values]
    assert (written(folder, made.files) == some(*distinct)).all()


def test_two_rows_of_one_hash_are_distinguished(rows):
    rows._factors[:] = 0  # every row now has the hash 0
    assert rows.ids(some(1, 2, 1, 2)).tolist() == [0, 1, 0, 1]


def test_too_many_rows_are_refused(rows, monkeypatch):
    monkeypatch.setattr(module, "MOST_ROWS", 2)
    rows.ids(some(1, 2))
    with pytest.raises(StoreError, match="more than 2 distinct rows; make several stores"):
        rows.ids(some(3))
