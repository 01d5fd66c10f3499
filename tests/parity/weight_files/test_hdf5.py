"""HDF5 files in Keras' two layouts, written here array by array."""

import zipfile

import h5py
import numpy as np
import pytest

from parity.errors import InputError
from parity.weight_files.hdf5 import read_hdf5, read_keras_archive

KERNEL, BIAS = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)


def keras2(path, inside="", split=False):
    with h5py.File(path, "w") as file:
        root = file.create_group(inside) if inside else file
        if split:
            root.attrs["layer_names0"], root.attrs["layer_names1"] = [b"pool"], [b"dense"]
        else:
            root.attrs["layer_names"] = [b"pool", b"dense"]
        root.create_group("pool").attrs["weight_names"] = np.zeros(0)
        group = root.create_group("dense")
        group.attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
        group["dense/kernel:0"], group["dense/bias:0"] = KERNEL, BIAS
        top = root.create_group("top_level_model_weights")
        top.attrs["weight_names"] = [b"scale:0"]
        top["scale:0"] = BIAS
        file.create_group("optimizer_weights")["rate"] = 0.1


@pytest.mark.parametrize(("inside", "split"), [("", False), ("model_weights", False), ("", True)])
def test_keras_2_is_read_in_the_order_of_its_layers(tmp_path, inside, split):
    keras2(tmp_path / "w.h5", inside, split)
    file = read_hdf5(tmp_path / "w.h5")
    assert file.kind == "Keras 2 HDF5"
    assert [(one.layer, one.name) for one in file.arrays] == [
        ("dense", "dense/kernel:0"),
        ("dense", "dense/bias:0"),
        ("top_level_model_weights", "scale:0"),
    ]
    assert np.array_equal(file.arrays[0].array, KERNEL)


def keras3(path):
    with h5py.File(path, "w") as file:
        for layer in ("dense_10", "dense_2"):
            file[f"layers/{layer}/vars/0"] = KERNEL
            file[f"layers/{layer}/vars/1"] = BIAS
        file["optimizer/vars/0"] = 0.1
        file["layers/dropout/seed_generator/vars/0"] = [1, 2]
        file.create_group("layers/pool/vars")


def test_keras_3_is_read_by_path_without_optimizer_and_seeds(tmp_path):
    keras3(tmp_path / "w.h5")
    file = read_hdf5(tmp_path / "w.h5")
    assert file.kind == "Keras 3 weights"
    assert [one.name for one in file.arrays] == [
        f"layers/{layer}/vars/{number}" for layer in ("dense_2", "dense_10") for number in (0, 1)
    ]
    assert file.arrays[0].layer == "layers/dense_2"


def test_an_archive_holds_the_same(tmp_path):
    keras3(tmp_path / "w.h5")
    with zipfile.ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.write(tmp_path / "w.h5", "model.weights.h5")
        archive.writestr("config.json", '{"class_name": "Lambda"}')
    assert len(read_keras_archive(tmp_path / "w.keras").arrays) == 4
    (tmp_path / "cut.keras").write_bytes((tmp_path / "w.keras").read_bytes()[:-30])
    with pytest.raises(InputError, match="damaged or truncated"):
        read_keras_archive(tmp_path / "cut.keras")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "")
    with pytest.raises(InputError, match=r"holds no model.weights.h5|without model.weights.h5"):
        read_keras_archive(tmp_path / "other.zip")


def test_what_is_not_whole_is_refused(tmp_path):
    keras2(tmp_path / "w.h5")
    content = (tmp_path / "w.h5").read_bytes()
    for size in (9, len(content) // 2, len(content) - 1):
        (tmp_path / "cut.h5").write_bytes(content[:size])
        with pytest.raises(InputError, match="damaged or truncated"):
            read_hdf5(tmp_path / "cut.h5")
    with h5py.File(tmp_path / "w.h5", "a") as file:
        del file["dense/dense/bias:0"]
        file["dense"]["dense/bias:0"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(InputError, match="/dense/dense/bias:0 is not in the file"):
        read_hdf5(tmp_path / "w.h5")


def test_hdf5_of_something_else_is_refused(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["numbers"] = KERNEL
    with pytest.raises(InputError, match="contains no weights of Keras"):
        read_hdf5(tmp_path / "w.h5")
