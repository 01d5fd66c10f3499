import zipfile

import numpy as np
import pytest

from converters.errors import WeightsError
from converters.model_config import ConfigError
from converters.weights.conversion import read_weights
from converters.weights.keras_archive import read_keras_archive, read_keras_weights

ADD = {"attn_score_type": "add"}


@pytest.mark.parametrize("name", ["keras3.weights.h5", "keras3.keras"])
def test_what_keras_3_wrote_is_read(frameworks, assert_same, name):
    made = read_weights(frameworks / name, settings=ADD)
    assert made.format.startswith("Keras 3")
    assert_same(made.canonical, dict(np.load(frameworks / "keras3.npz")))
    assert {item.reason for item in made.set_aside} >= {"state of the optimizer"}
    assert set(made.matched_by.values()) == {"path", "shape"}


def test_add_and_dot_cannot_be_told_where_no_name_says(frameworks):
    with pytest.raises(ConfigError, match=r"do not determine attn_score_type \(add or dot\)"):
        read_weights(frameworks / "keras3.keras")


def test_ambiguous_layers_are_refused_and_settled_by_name(frameworks, assert_same):
    path = frameworks / "keras3_unnamed.weights.h5"
    with pytest.raises(WeightsError, match="cannot be matched without guessing") as caught:
        read_weights(path, settings=ADD)
    rows = {row.name: row.expected for row in caught.value.rows}
    layer = "layers/multi_head_attention/projection_"
    assert rows[f"{layer}0/vars/0"] == (
        "mha/wq/kernel or mha/wk/kernel or mha/wv/kernel or mha/w_pairwise/kernel"
    )
    names = {0: "wq", 1: "wk", 2: "wv", 4: "w_pairwise"}
    renames = {f"{layer}{number}": f"mha/{name}" for number, name in names.items()}
    made = read_weights(path, settings=ADD, renames=renames)
    assert_same(made.canonical, dict(np.load(frameworks / "keras3_unnamed.npz")))
    assert made.matched_by["mha/wq/kernel"] == "rename"
    assert made.matched_by["mha/out_proj/kernel"] == "shape"


def test_damaged_archives_are_refused(frameworks, tmp_path):
    whole = (frameworks / "keras3.keras").read_bytes()
    path = tmp_path / "damaged.keras"
    path.write_bytes(whole[:5000])
    with pytest.raises(WeightsError, match=r"cannot be read as a \.keras archive"):
        read_keras_archive(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "x")
    with pytest.raises(WeightsError, match=r"contains other\.txt; expected model\.weights\.h5"):
        read_keras_archive(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", "no HDF5")
    with pytest.raises(WeightsError, match="cannot be read as HDF5"):
        read_keras_archive(path)


@pytest.mark.parametrize("name", ["keras3.weights.h5", "keras3.keras"])
def test_damage_gives_weights_or_an_error(frameworks, tmp_path, name):
    whole = (frameworks / name).read_bytes()
    read = read_keras_archive if name.endswith("keras") else read_keras_weights
    generator = np.random.default_rng(5)
    path = tmp_path / "damaged"
    for round_ in range(60):
        content = bytearray(whole)
        if round_ % 4 == 0:
            del content[generator.integers(len(whole)) :]
        else:
            content[generator.integers(len(whole))] ^= 1 << generator.integers(8)
        path.write_bytes(content)
        try:
            found = read(path)
        except WeightsError:
            continue
        assert found.tensors
