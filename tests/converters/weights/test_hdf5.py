"""The careful reader of HDF5: damage and links are refused in one line."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from converters.errors import WeightsError
from converters.weights.hdf5 import (
    Budget,
    child_group,
    find_dataset,
    names_attribute,
    open_hdf5,
    read_dataset,
    text,
)
from converters.weights.keras_h5 import read_keras_h5


@pytest.mark.parametrize("kind", ["soft", "external", "storage", "huge", "missing", "no names"])
def test_a_file_that_points_elsewhere_or_lies_is_refused(golden, tmp_path, kind):
    path = tmp_path / "odd.h5"
    shutil.copy(golden / "ensemble_21.h5", path)
    name = "sequential/dense/kernel:0"
    with h5py.File(path, "r+") as file:
        group = next(iter(file.attrs["layer_names"]))
        name = f"{group}/{file[group].attrs['weight_names'][0]}"
        if kind == "no names":
            del file[group].attrs["weight_names"]
        else:
            del file[name]
        if kind == "soft":
            file[name] = h5py.SoftLink("/elsewhere")
        elif kind == "external":
            file[name] = h5py.ExternalLink("/etc/passwd", "/x")
        elif kind == "storage":
            file.create_dataset(name, (91, 32), "f4", external=[(str(tmp_path / "raw"), 0, 11648)])
        elif kind == "huge":
            file.create_dataset(name, (1 << 20, 1 << 20), "f4", chunks=(64, 64))
    reasons = {
        "storage": "values are in another file",
        "huge": "take more than 1,024 MiB",
    }
    reasons["no names"] = "lacks the attribute 'weight_names'"
    with pytest.raises(WeightsError, match=reasons.get(kind, "no such dataset in the file")):
        read_keras_h5(path)


def test_a_damaged_heap_does_not_hang_the_reader(golden, tmp_path):
    """HDF5 itself walks for ever over a heap object whose size wraps around."""
    content = bytearray((golden / "ensemble_22.h5").read_bytes())
    heap = content.find(b"GCOL")
    content[heap + 24 : heap + 32] = b"\xff" * 8
    (tmp_path / "heap.h5").write_bytes(content)
    with pytest.raises(WeightsError, match=r"heap\.h5: the HDF5 heap at byte \d+ is damaged"):
        read_keras_h5(tmp_path / "heap.h5")


def test_what_is_missing_is_named_by_its_place(tmp_path):
    path = tmp_path / "w.h5"
    with h5py.File(path, "w") as file:
        file.create_group("a/b")["w"] = np.arange(3.0)
    with open_hdf5(path) as file:
        found = find_dataset(path, file, "a/b/w", Budget(path))
        assert read_dataset(found).tolist() == [0, 1, 2]
        assert child_group(path, file, "a/b").name == "/a/b"
        with pytest.raises(WeightsError, match=r"w\.h5: /a/b: no such dataset in the file"):
            find_dataset(path, file, "a/b", Budget(path))
        with pytest.raises(WeightsError, match=r"w\.h5: /a/b/w: no such group in the file"):
            child_group(path, file["a"], "b/w")


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x89HDF\r\n\x1a\n"])
def test_another_file_is_not_hdf5(tmp_path, content):
    (tmp_path / "w.h5").write_bytes(content)
    with (
        pytest.raises(WeightsError, match=r"w\.h5: cannot be read as HDF5"),
        open_hdf5(tmp_path / "w.h5"),
    ):
        pass
    with pytest.raises(FileNotFoundError), open_hdf5(tmp_path / "none.h5"):
        pass


def test_names_may_be_split_over_several_attributes(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs["whole"] = [b"a", b"b"]
        file.attrs["split0"], file.attrs["split1"] = [b"a"], ["b", "c"]
        file.attrs["single"] = "a"
        assert names_attribute(file, "whole") == ["a", "b"]
        assert names_attribute(file, "split") == ["a", "b", "c"]
        assert names_attribute(file, "single") == ["a"]
        assert names_attribute(file, "none") is None
    assert text(b"\xff") == "\ufffd"


def test_one_dataset_listed_again_and_again_is_refused_by_the_sum(tmp_path):
    """A file of kilobytes: zeros that are compressed, under one name, listed many times."""
    path = tmp_path / "same.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("dense")
        group.create_dataset("w", (1 << 24,), "f4", chunks=(1 << 20,), compression="gzip")
        file.attrs["layer_names"] = [b"dense"]
        group.attrs["weight_names"] = [b"w"] * 3
    assert [tensor.array.nbytes for tensor in read_keras_h5(path).tensors] == [1 << 26] * 3
    with h5py.File(path, "r+") as file:
        file["dense"].attrs["weight_names"] = [b"w"] * 400
    with pytest.raises(WeightsError, match=r"same\.h5: its arrays, each as often as it is listed"):
        read_keras_h5(path)


def test_a_budget_counts_what_was_read():
    budget = Budget(Path("f"), 10)
    budget.take(6)
    budget.take(4)
    with pytest.raises(WeightsError, match="take more than 0 MiB"):
        budget.take(1)
