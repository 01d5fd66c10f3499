"""Arrays in a file: every bit comes back, and a damaged file is one clear line."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors import SafetensorError
from safetensors.numpy import save_file

from parity import storage
from parity.errors import InputError

DTYPES = st.sampled_from(["<f4", "<f8", "<i4", "<i8", "u1", "?"])


@given(
    array=DTYPES.flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))
    )
)
def test_every_bit_comes_back(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("storage") / "kept.safetensors"
    storage.save(path, {"x": array, "turned": array.T}, {"of": ["any", 1]})
    found, header = storage.load(path)
    assert header == {"of": ["any", 1]}
    for name, kept in (("x", array), ("turned", array.T)):
        assert found[name].shape == kept.shape
        assert found[name].dtype == kept.dtype
        assert found[name].tobytes() == kept.tobytes()


def test_a_file_of_something_else(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(b"no such thing")
    with pytest.raises(InputError, match=r"other\.safetensors was not written by parity, or is"):
        storage.load(path)
    save_file({"x": np.ones(3)}, path, {"parity": "[]"})
    with pytest.raises(InputError, match="contains tensors, but was not written by parity"):
        storage.load(path)
    with pytest.raises(InputError, match="missing cannot be read: FileNotFoundError"):
        storage.load(tmp_path / "missing")


def test_a_disk_that_takes_no_more(tmp_path, monkeypatch):
    def full(*arguments, **named):
        raise SafetensorError("Error while serializing: I/O error: No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(OSError, match=r"x cannot be written: .*No space left on device"):
        storage.save(tmp_path / "x", {"x": np.ones(3)}, {})
    assert not list(tmp_path.iterdir())


def test_a_part_of_a_file_by_the_beginning_of_its_names(tmp_path):
    path = tmp_path / "kept.safetensors"
    storage.save(path, {"a/x": np.ones(1), "a/y": np.ones(2), "b/x": np.ones(3)}, {})
    assert set(storage.load(path, "a/")[0]) == {"a/x", "a/y"}


def test_a_file_cut_short(tmp_path):
    path = tmp_path / "cut.safetensors"
    storage.save(path, {"x": np.arange(100.0)}, {})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match=r"cut\.safetensors"):
        storage.load(path)
