"""Models in files: rebuilt in either dtype with their weights; code in them is not executed."""

import json
import zipfile

import h5py
import keras
import numpy as np
import pytest
import tf_keras

from parity.errors import InputError
from parity.runners.tensorflow.model_files import load_model_file

X = np.linspace(-1, 1, 12).reshape(1, 6, 2)
KERAS = {"2": tf_keras, "3": keras}
pytestmark = pytest.mark.filterwarnings("ignore")


def model(k):
    x = k.Input((6, 2), name="x")
    y = k.layers.BatchNormalization(name="norm")(k.layers.Conv1D(3, 2, name="conv")(x))
    made = k.Model(x, k.layers.Dense(2, name="last")(y))
    random = np.random.default_rng(3)
    for variable in made.weights:
        variable.assign(random.uniform(0.5, 1.5, variable.shape))
    return made


def by_hand(made, x):
    held = {w.name.partition(":")[0].split("/")[-1]: np.float64(w) for w in made.weights[:6]}
    kernel, bias = (np.float64(value) for value in made.weights[6:])
    y = np.stack([x[:, n : n + 2].reshape(1, 4) for n in range(5)], 1) @ held["kernel"].reshape(
        4, 3
    )
    y = (y + held["bias"] - held["moving_mean"]) / np.sqrt(held["moving_variance"] + 1e-3)
    return (y * held["gamma"] + held["beta"]) @ kernel + bias


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("version", ["2", "3"])
def test_a_model_is_rebuilt_in_the_dtype_of_the_run(version, ending, tmp_path):
    made = model(KERAS[version])
    if ending == "keras" and version == "2":
        made.compile("adam", "mse")
    made.save(tmp_path / f"m.{ending}")
    right = by_hand(made, X)
    for dtype, most in {"float32": 1e-5, "float64": 1e-12}.items():
        module = load_model_file(tmp_path / f"m.{ending}", dtype, False)
        # As the runner does: a layer that is called takes Keras' default otherwise.
        found = np.asarray(module(X.astype(dtype)))
        assert found.dtype == dtype
        assert np.abs(found - right).max() < most * np.abs(right).max()


def with_code(k, path):
    layers = [k.Input((3,)), k.layers.Lambda(lambda x: x * 2, name="twice"), k.layers.Dense(2)]
    k.Sequential(layers).save(path)


@pytest.mark.parametrize("ending", ["h5", "keras"])
@pytest.mark.parametrize("version", ["2", "3"])
def test_code_in_a_lambda_is_refused_unless_trusted(version, ending, tmp_path):
    path = tmp_path / f"m.{ending}"
    with_code(KERAS[version], path)
    with pytest.raises(InputError, match=r"the Lambda layer 'twice' holds Python code.*--trust"):
        load_model_file(path, "float32", False)
    module = load_model_file(path, "float32", True)
    assert np.asarray(module(np.ones((1, 3), np.float32))).shape == (1, 2)


def test_classes_of_other_modules_are_not_imported(tmp_path):
    model(keras).save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(held["config.json"])
    config["config"]["layers"][1]["module"] = "antigravity"
    with zipfile.ZipFile(tmp_path / "harm.keras", "w") as archive:
        for name, content in held.items():
            archive.writestr(name, json.dumps(config) if name == "config.json" else content)
    with pytest.raises(InputError, match="is of the module 'antigravity', which is not imported"):
        load_model_file(tmp_path / "harm.keras", "float32", False)


def test_what_is_no_model_is_refused(tmp_path):
    made = model(tf_keras)
    made.save_weights(tmp_path / "weights.h5")
    made.save(tmp_path / "m.h5")
    made.save(tmp_path / "m.keras")
    for ending in ("h5", "keras"):
        content = (tmp_path / f"m.{ending}").read_bytes()
        (tmp_path / f"cut.{ending}").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.h5").write_text("model")
    for name, message in {
        "weights.h5": "holds weights alone, without the model.*--weights",
        "cut.h5": "cannot be read as a model of Keras; damaged",
        "cut.keras": "cannot be read as a model of Keras; damaged",
        "text.h5": "cannot be read as a model of Keras; damaged",
        "none.keras": "no file or folder",
    }.items():
        with pytest.raises(InputError, match=message):
            load_model_file(tmp_path / name, "float32", False)
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["model_config"] = "{"
    with pytest.raises(InputError, match="cannot be read as a model of Keras"):
        load_model_file(tmp_path / "m.h5", "float32", False)
