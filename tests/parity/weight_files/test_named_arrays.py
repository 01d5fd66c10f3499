"""Files of named arrays: written and read with the same bits, in shards where they are large."""

import json

import numpy as np
import pytest

from parity.errors import InputError
from parity.weight_files.contents import same_bits
from parity.weight_files.named_arrays import (
    read_npz,
    read_safetensors,
    write_npz,
    write_safetensors,
)

RANDOM = np.random.default_rng(7)
ARRAYS = {
    name: RANDOM.normal(size=shape).astype(np.float32)
    for name, shape in {"a.weight": (4, 3), "b.weight": (3, 5), "c": (), "d.bias": (5,)}.items()
}
# The writer of safetensors stores the buffer of a transposed view as it lies.
ARRAYS["t"] = np.arange(6, dtype=np.float32).reshape(2, 3).T
ARRAYS["count"] = np.array(3)


def same(one, other):
    assert one.keys() == other.keys()
    assert all(same_bits(one[name], np.asarray(other[name], order="C")) for name in one)


def test_npz_keeps_every_bit(tmp_path):
    write_npz(tmp_path / "w.npz", ARRAYS)
    same(read_npz(tmp_path / "w.npz"), ARRAYS)


def test_safetensors_keeps_every_bit(tmp_path):
    path = tmp_path / "w.safetensors"
    assert write_safetensors(path, ARRAYS) == [path]
    assert list(tmp_path.iterdir()) == [path]
    same(read_safetensors(path), ARRAYS)


def test_large_models_are_written_in_shards_with_an_index(tmp_path):
    path = tmp_path / "model.safetensors"
    written = write_safetensors(path, ARRAYS, most=70)
    shards = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    names = [*shards, "model.safetensors.index.json"]
    assert written == [tmp_path / name for name in names]
    assert sorted(tmp_path.iterdir()) == sorted(written)
    index = json.loads(written[-1].read_text())
    assert written[-1].name == "model.safetensors.index.json"
    assert index["metadata"]["total_size"] == sum(array.nbytes for array in ARRAYS.values())
    assert index["weight_map"]["a.weight"] == "model-00001-of-00003.safetensors"
    assert all(path.stat().st_size < 1000 for path in written)
    same(read_safetensors(written[-1]), ARRAYS)


def test_nothing_is_left_of_a_failed_write(tmp_path, monkeypatch):
    from safetensors import numpy

    save, calls = numpy.save_file, []

    def full(arrays, path, **rest):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        save(arrays, path, **rest)

    monkeypatch.setattr(numpy, "save_file", full)
    with pytest.raises(OSError, match="No space left"):
        write_safetensors(tmp_path / "w.safetensors", ARRAYS, most=70)
    assert len(calls) == 2
    assert not list(tmp_path.iterdir())


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    write_safetensors(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(InputError, match="damaged or truncated"):
        read_safetensors(path)
    write_npz(tmp_path / "w.npz", ARRAYS)
    (tmp_path / "w.npz").write_bytes((tmp_path / "w.npz").read_bytes()[:200])
    with pytest.raises(InputError, match=r"cannot be read as a .npz file"):
        read_npz(tmp_path / "w.npz")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "is not an index"),
        ("[]", "is not an index"),
        ('{"weight_map": {"a": 3}}', "is not an index"),
        ('{"weight_map": {"a": "../w.safetensors"}}', "which is not a file beside it"),
        ('{"weight_map": {"a": "none.safetensors"}}', "no file"),
        ('{"weight_map": {"x": "w.safetensors"}}', "which does not hold it"),
    ],
)
def test_a_wrong_index_is_refused(tmp_path, text, message):
    write_safetensors(tmp_path / "w.safetensors", ARRAYS)
    (tmp_path / "w.safetensors.index.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_safetensors(tmp_path / "w.safetensors.index.json")
