"""A weight file is known by its content."""

import zipfile

import h5py
import numpy as np
import pytest

from parity.errors import InputError
from parity.weight_files import reading
from parity.weight_files.named_arrays import write_npz, write_safetensors

ARRAYS = {"a": np.ones((2, 3), np.float32)}


def test_formats_are_known_by_content(tmp_path):
    write_npz(tmp_path / "one", ARRAYS)
    write_safetensors(tmp_path / "two", ARRAYS)
    write_safetensors(tmp_path / "m.safetensors", {**ARRAYS, "b": ARRAYS["a"]}, most=24)
    with h5py.File(tmp_path / "three", "w") as file:
        file["layers/dense/vars/0"] = ARRAYS["a"]
    kinds = [reading.read(tmp_path / name).kind for name in ("one", "two", "three")]
    assert kinds == ["named arrays", "named arrays", "Keras 3 weights"]
    assert len(reading.read(tmp_path / "m.safetensors.index.json").arrays) == 2


def test_what_is_no_weight_file_is_refused(tmp_path):
    (tmp_path / "text").write_text("weights")
    (tmp_path / "empty").write_text("")
    (tmp_path / "pickle").write_bytes(b"\x80\x02}q\x00.")
    with zipfile.ZipFile(tmp_path / "state", "w") as archive:
        archive.writestr("archive/data.pkl", b"")
    (tmp_path / "cut").write_bytes((tmp_path / "state").read_bytes()[:60])
    (tmp_path / "folder").mkdir()
    for name, message in {
        "text": "starts with b'weights', which is no weight file",
        "empty": "is empty, which is no weight file",
        "pickle": "is a file of torch.save",
        "state": "is a file of torch.save",
        "cut": "damaged or truncated",
        "folder": "is a folder that contains nothing",
        "none": "no file",
    }.items():
        with pytest.raises(InputError, match=message):
            reading.read(tmp_path / name)


def test_checkpoints_are_known_by_their_index(tmp_path):
    (tmp_path / "ckpt-1.index").write_text("")
    saved = tmp_path / "saved" / "variables"
    saved.mkdir(parents=True)
    (saved / "variables.index").write_text("")
    for name in ("ckpt-1", "ckpt-1.index", "", "saved"):
        assert reading.is_checkpoint(tmp_path / name)
    assert not reading.is_checkpoint(tmp_path / "ckpt-2")
    assert not reading.is_checkpoint(saved.parent / "none")
