"""Recognition of a weight file's format by its content."""

import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest

from converters.errors import WeightsError
from converters.weights import detect, keras_archive, keras_h5, probe, tf_checkpoint
from converters.weights.detect import is_model_dir, read_hdf5_or_archive, read_source


@pytest.fixture(autouse=True)
def _readers(monkeypatch):
    """Let every reader return its name."""
    monkeypatch.setattr(probe, "try_elsewhere", lambda path: None)
    monkeypatch.setattr(tf_checkpoint, "read_tf_checkpoint", lambda path: "checkpoint")
    monkeypatch.setattr(keras_h5, "read_keras_h5", lambda path: "keras 2")
    monkeypatch.setattr(keras_archive, "read_keras_archive", lambda path: "archive")
    monkeypatch.setattr(keras_archive, "read_keras_weights", lambda path: "keras 3")


def chosen(path: Path) -> Any:
    """Return the name of the reader that a path is given to."""
    return read_source(path)


def hdf5(path, keras2=False, keras3=False):
    with h5py.File(path, "w") as file:
        if keras2:
            file.attrs["layer_names"] = [b"dense"]
        if keras3:
            file.create_group("layers/dense/vars")["0"] = [1.0]
    return path


def test_hdf5_is_recognised_whatever_its_name(tmp_path):
    assert chosen(hdf5(tmp_path / "w.keras", keras2=True)) == "keras 2"
    assert chosen(hdf5(tmp_path / "w.txt", keras3=True)) == "keras 3"
    found: Any = read_hdf5_or_archive(hdf5(tmp_path / "w"))
    assert found == "keras 2"


def test_an_archive_is_recognised_whatever_its_name(tmp_path):
    with zipfile.ZipFile(tmp_path / "w.h5", "w") as archive:
        archive.writestr("config.json", "{}")
    assert chosen(tmp_path / "w.h5") == "archive"


def test_hdf5_behind_a_user_block_is_recognised(tmp_path):
    with h5py.File(tmp_path / "w.h5", "w", userblock_size=512) as file:
        file.attrs["layer_names"] = [b"dense"]
    assert chosen(tmp_path / "w.h5") == "keras 2"


@pytest.mark.parametrize("made", ["epoch-7.index", "checkpoint", "variables/variables.index"])
def test_a_checkpoint_s_folder_is_recognised(tmp_path, made):
    (tmp_path / made).parent.mkdir(exist_ok=True)
    (tmp_path / made).touch()
    assert chosen(tmp_path) == "checkpoint"


@pytest.mark.parametrize("given", ["epoch-7", "epoch-7.index"])
def test_a_checkpoint_s_prefix_or_index_is_recognised(tmp_path, given):
    (tmp_path / "epoch-7.index").touch()
    assert chosen(tmp_path / given) == "checkpoint"


@pytest.mark.parametrize(
    ("content", "found"), [(b"", "is empty"), (b"plain text", r"starts with b'plain te'")]
)
def test_an_unknown_file_is_refused_by_how_it_starts(tmp_path, content, found):
    (tmp_path / "w.h5").write_bytes(content)
    with pytest.raises(WeightsError, match=found) as caught:
        read_source(tmp_path / "w.h5")
    assert str(caught.value).startswith(f"{tmp_path / 'w.h5'}: ")
    assert str(caught.value).endswith(detect.KNOWN)


def test_an_unknown_folder_is_refused_by_what_it_holds(tmp_path):
    with pytest.raises(WeightsError, match="the folder contains nothing; expected a Keras 2"):
        read_source(tmp_path)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(WeightsError, match=r"the folder contains notes\.txt; expected a Keras 2"):
        read_source(tmp_path)


def test_a_missing_file_is_an_error_with_its_name(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        read_source(tmp_path / "none.h5")
    assert caught.value.filename == str(tmp_path / "none.h5")


def test_a_model_folder_has_its_weights(tmp_path):
    assert not is_model_dir(tmp_path)
    (tmp_path / "model.safetensors").touch()
    assert is_model_dir(tmp_path)
    assert not is_model_dir(tmp_path / "model.safetensors")
