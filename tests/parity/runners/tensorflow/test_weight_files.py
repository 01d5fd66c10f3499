"""Weight files of a reference, as each Keras and TensorFlow writes them: read by canonical name."""

import numpy as np
import pytest
import tensorflow as tf

from parity.errors import InputError, ParityError
from parity.runners.tensorflow.models import Model
from parity.runners.tensorflow.weight_files import read_weights, write_weights
from parity.weight_files.contents import same_bits
from parity.weight_files.matching import UnfitError

SOURCE = """
import keras
import tensorflow as tf
import tf_keras

def _functional(k):
    x = k.Input((6, 2), name="x")
    y = k.layers.Conv1D(3, 2)(x)
    y = k.layers.BatchNormalization()(y)
    inner = k.Sequential([k.layers.Dense(3), k.layers.Dense(3, use_bias=False)])
    y = k.layers.GRU(3)(inner(y))
    return k.Model(x, k.layers.Dense(3)(k.layers.Dropout(0.1)(y)))

def keras2(): return _functional(tf_keras)
def keras3(): return _functional(keras)

class Net(tf_keras.Model):
    def __init__(self, width=3):
        super().__init__()
        self.last, self.first = tf_keras.layers.Dense(2), tf_keras.layers.Dense(width)
        self.scale = self.add_weight("scale", (2,))

    def call(self, x):
        return self.last(self.first(x)) * self.scale

def subclassed(): return Net()
def wider(): return Net(4)

class Module(tf.Module):
    def __init__(self):
        super().__init__()
        self.kernel = tf.Variable(tf.ones((2, 2)), name="w")
        self.parts = [tf.Variable(tf.zeros(2), name="b")]

    def __call__(self, x):
        return x @ self.kernel + self.parts[0]

def layer(): return tf_keras.layers.Dense(3)
"""
X = {"x": np.ones((1, 6, 2), np.float32)}


@pytest.fixture
def make(tmp_path):
    (tmp_path / "net.py").write_text(SOURCE)

    def made(name, seed=3):
        model = Model(f"net.py:{name}", tmp_path, "float32", X)
        random = np.random.default_rng(seed)
        for variable in model.weights.values():
            variable.assign(random.normal(size=variable.shape))
        return model

    return made


def assert_read(make, name, path):
    """A fresh model, with other values and other counters, reads what the first one had."""
    first, other = make(name), make(name, seed=4)
    found = read_weights(other, path, "net")
    assert found.keys() == first.weights.keys()
    for key, variable in first.weights.items():
        assert same_bits(found[key], variable.numpy()), key
    again = make(name, seed=4)
    for key, variable in other.weights.items():
        assert same_bits(variable.numpy(), again.weights[key].numpy())


@pytest.mark.parametrize("ending", ["h5", "weights.h5", "keras", "npz", "safetensors"])
@pytest.mark.parametrize("name", ["keras2", "subclassed", "keras3"])
def test_what_is_written_is_read(make, name, ending, tmp_path):
    if (name, ending) in (("keras3", "h5"), ("subclassed", "keras")):
        pytest.skip("Keras 3 writes no .h5 weights; this class has no configuration")
    path = tmp_path / f"w.{ending}"
    model = make(name)
    write_weights(model, path, {})
    assert_read(make, name, path)


def test_values_to_be_written_are_not_kept(make, tmp_path):
    model, other = make("subclassed"), make("subclassed", 9)
    before = {name: value.numpy() for name, value in model.weights.items()}
    arrays = {name: value.numpy() for name, value in other.weights.items()}
    write_weights(model, tmp_path / "w.h5", arrays)
    assert all(same_bits(model.weights[name].numpy(), array) for name, array in before.items())
    found = read_weights(model, tmp_path / "w.h5", "net")
    assert all(same_bits(found[name], array) for name, array in arrays.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keras2", "keras3"])
@pytest.mark.filterwarnings("ignore")
def test_whole_models_in_hdf5_are_read(make, name, tmp_path):
    model = make(name)
    model.module.compile("adam", "mse")
    model.module.fit(np.ones((2, 6, 2)), np.ones((2, 3)), verbose=0)
    held = {key: value.numpy() for key, value in model.weights.items()}
    model.module.save(tmp_path / "w.h5")
    found = read_weights(make(name, 9), tmp_path / "w.h5", "net")
    assert all(same_bits(found[key], array) for key, array in held.items())


@pytest.mark.parametrize("name", ["keras2", "subclassed", "Module"])
@pytest.mark.parametrize("way", ["root", "attribute", "manager"])
def test_checkpoints_are_read(make, name, way, tmp_path):
    model = make(name)
    if way == "root":
        tf.train.Checkpoint(model.module).write(str(tmp_path / "w"))
    elif way == "attribute":
        tf.train.Checkpoint(net=model.module, step=tf.Variable(3)).save(str(tmp_path / "w"))
    else:
        held = tf.train.Checkpoint(net=model.module)
        tf.train.CheckpointManager(held, tmp_path / "w", 2).save()
    assert_read(make, name, tmp_path / ("w-1" if way == "attribute" else "w"))


def test_checkpoints_by_variable_names_are_read(make, tmp_path):
    model = make("Module")
    names = {v.name.removesuffix(":0"): v for v in model.module.variables}
    tf.compat.v1.train.Saver(names).save(None, str(tmp_path / "w"), write_meta_graph=False)
    assert_read(make, "Module", tmp_path / "w")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["keras2", "subclassed"])
def test_saved_models_are_read(make, name, tmp_path):
    make(name).module.save(tmp_path / "saved", save_format="tf")
    assert_read(make, name, tmp_path / "saved")


@pytest.mark.parametrize("ending", ["h5", "weights.h5", "npz"])
def test_weights_of_another_model_are_refused_with_a_table(make, ending, tmp_path):
    write_weights(make("wider"), tmp_path / f"w.{ending}", {})
    with pytest.raises(UnfitError, match=r"does not hold the weights of net: 3 of another shape"):
        read_weights(make("subclassed"), tmp_path / f"w.{ending}", "net")
    with pytest.raises(UnfitError, match="missing"):
        read_weights(make("keras2"), tmp_path / f"w.{ending}", "net")


def test_a_checkpoint_of_another_model_is_refused(make, tmp_path):
    tf.train.Checkpoint(make("subclassed").module).write(str(tmp_path / "w"))
    with pytest.raises(UnfitError, match="missing"):
        read_weights(make("keras2"), tmp_path / "w", "net")
    (tmp_path / "w.data-00000-of-00001").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be read as a checkpoint"):
        read_weights(make("subclassed"), tmp_path / "w", "net")


def test_one_tensor_too_few_or_too_many_is_seen(make, tmp_path):
    model = make("keras2")
    held = {name: value.numpy() for name, value in model.weights.items()}
    np.savez(tmp_path / "more.npz", **held, other=np.ones(1, np.float32))
    held.popitem()
    np.savez(tmp_path / "less.npz", **held)
    with pytest.raises(UnfitError, match=r"1 surplus; the first is 'other'"):
        read_weights(model, tmp_path / "more.npz", "net")
    with pytest.raises(UnfitError, match=r"1 missing; the first is 'dense"):
        read_weights(model, tmp_path / "less.npz", "net")


def test_a_layer_alone_has_files_by_name_only(make, tmp_path):
    model = make("layer")
    write_weights(model, tmp_path / "w.npz", {})
    assert_read(make, "layer", tmp_path / "w.npz")
    with pytest.raises(ParityError, match="the reference is a layer, no Keras model"):
        write_weights(model, tmp_path / "w.h5", {})
    write_weights(make("keras2"), tmp_path / "w.h5", {})
    with pytest.raises(InputError, match="by the layers of a Keras model"):
        read_weights(model, tmp_path / "w.h5", "net")
    with pytest.raises(ParityError, match="expected a name that ends in"):
        write_weights(model, tmp_path / "w.onnx", {})


def test_a_full_disk_is_refused_before_anything_is_written(make, tmp_path, monkeypatch):
    from collections import namedtuple

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(9, 9, 100))
    with pytest.raises(OSError, match=r"No space left on device: .*w.h5"):
        write_weights(make("subclassed"), tmp_path / "w.h5", {})
    assert [path.name for path in tmp_path.iterdir()] == ["net.py"]
