"""Weighted layers of Keras models and tf.Modules: their paths, weights and declared inputs."""

import keras as keras3
import pytest
import tensorflow as tf
import tf_keras as keras2

from parity.declaring.shared_models import same_state
from parity.runners.tensorflow.keras_layers import (
    composite_layers,
    declared_inputs,
    default_names,
    is_layer,
    is_plain,
    layer_state,
    weighted_layers,
)

KERAS = pytest.mark.parametrize("keras", [keras2, keras3], ids=["keras2", "keras3"])


def described(model):
    return {
        layer.path: [weight.name for weight in layer.weights] for layer in weighted_layers(model)
    }


@KERAS
def test_names_do_not_depend_on_what_was_made_before(keras):
    def make():
        layers = keras.layers
        return keras.Sequential(
            [layers.Dense(3), layers.Dense(2, name="head"), layers.Dense(2), layers.ReLU()]
        )

    first, second = make(), make()
    for model in (first, second):
        model.build((None, 4))
    assert described(first) == described(second)
    assert list(described(first)) == ["dense", "head", "dense_1"]
    assert described(first)["head"] == ["head/kernel", "head/bias"]


@KERAS
def test_attributes_lists_and_dictionaries_give_the_path(keras):
    class Net(keras.Model):  # type: ignore[name-defined]
        def __init__(self):
            super().__init__()
            self.stem = keras.layers.Dense(2, use_bias=False)
            self.blocks = [keras.layers.Dense(2), keras.layers.LayerNormalization()]

        def call(self, x):
            for layer in (self.stem, *self.blocks):
                x = layer(x)
            return x

    model = Net()
    model(tf.ones((1, 3)))
    assert described(model) == {
        "stem": ["stem/kernel"],
        "blocks/0": ["blocks/0/kernel", "blocks/0/bias"],
        "blocks/1": ["blocks/1/gamma", "blocks/1/beta"],
    }


@KERAS
def test_layers_in_lists_of_lists_and_in_tuples_are_found(keras):
    class Stages(keras.Model):  # type: ignore[name-defined]
        def __init__(self):
            super().__init__()
            dense = keras.layers.Dense
            self.stages = [[dense(2), dense(3)], [(dense(2), {"last": dense(2)})]]

        def call(self, x):
            first, ((third, last),) = self.stages
            for layer in (*first, third, last["last"]):
                x = layer(x)
            return x

    model = Stages()
    model(tf.ones((1, 3)))
    paths = ["stages/0/0", "stages/0/1", "stages/1/0/0", "stages/1/0/1/last"]
    assert described(model) == {path: [f"{path}/kernel", f"{path}/bias"] for path in paths}


@KERAS
def test_a_private_layer_whose_name_begins_as_keras_own_is_found(keras):
    class Encoder(keras.layers.Layer):  # type: ignore[name-defined]
        def __init__(self):
            super().__init__()
            self._self_attention_layer = keras.layers.Dense(3)
            self._feedforward = keras.layers.Dense(3)

        def call(self, x):
            return self._feedforward(self._self_attention_layer(x))

    encoder = Encoder()
    model = keras.Sequential([encoder])
    model(tf.ones((1, 3)))
    found = {path.partition("/")[2] for path in described(model)}
    assert found == {"_self_attention_layer", "_feedforward"}


@KERAS
def test_an_extended_layer_is_of_the_kind_that_it_extends(keras):
    class BatchNorm(keras.layers.BatchNormalization):  # type: ignore[name-defined]
        pass

    class Own(keras.layers.Layer):  # type: ignore[name-defined]
        def build(self, shape):
            self.kernel = self.add_weight(name="kernel", shape=(3, 3))

        def call(self, x):
            return x @ self.kernel

    model = keras.Sequential([BatchNorm(), Own()])
    model(tf.ones((1, 3)))
    kinds = [layer.kind for layer in weighted_layers(model)]
    assert kinds == ["BatchNormalization", "Own"]


@KERAS
def test_a_layer_used_twice_is_there_once(keras):
    class Tied(keras.Model):  # type: ignore[name-defined]
        def __init__(self):
            super().__init__()
            self.one = self.two = keras.layers.Dense(3, use_bias=False)

        def call(self, x):
            return self.one(x) + self.two(x)

    model = Tied()
    model(tf.ones((1, 3)))
    assert described(model) == {"one": ["one/kernel"]}


@KERAS
def test_running_statistics_are_not_trainable_and_counters_are_no_weights(keras):
    model = keras.Sequential([keras.layers.BatchNormalization(), keras.layers.Dropout(0.5)])
    model.build((None, 4))
    (layer,) = weighted_layers(model)
    assert [(weight.name.rpartition("/")[2], weight.trainable) for weight in layer.weights] == [
        ("gamma", True), ("beta", True), ("moving_mean", False), ("moving_variance", False),
    ]  # fmt: skip
    assert all(weight.shape == (4,) for weight in layer.weights)
    assert layer.kind == "BatchNormalization"
    assert layer.settings["axis"] in (-1, [1], 1)


@KERAS
def test_a_recurrent_layer_is_whole_and_one_made_of_others_is_a_composite(keras):
    model = keras.Sequential([keras.layers.Bidirectional(keras.layers.GRU(2), name="both")])
    model.build((None, 5, 3))
    layers = weighted_layers(model)
    assert [layer.kind for layer in layers] == ["GRU", "GRU"]
    assert len({weight.name for layer in layers for weight in layer.weights}) == 6
    (both,) = composite_layers(model, layers)
    assert (both.path, both.kind) == ("both", "Bidirectional")
    assert len(both.variables) == 6
    plain = keras.Sequential([keras.layers.GRU(2)])
    plain.build((None, 5, 3))
    assert composite_layers(plain, weighted_layers(plain)) == []


class Scale(tf.Module):
    """Weights of the same variable name, told apart by their attributes."""

    def __init__(self):
        super().__init__()
        self.up = tf.Variable([2.0], name="v")
        self.down = tf.Variable([0.5], name="v", trainable=False)
        self.steps = tf.Variable(0)

    def __call__(self, x):
        return x * self.up * self.down


def test_weights_of_a_module_are_named_by_attribute():
    (layer,) = weighted_layers(Scale())
    assert layer.path == ""
    assert sorted((weight.name, weight.trainable) for weight in layer.weights) == [
        ("down", False),
        ("up", True),
    ]
    assert layer.settings == {}


@KERAS
def test_what_a_functional_model_declares(keras):
    named, other = keras.Input((3,), name="codes"), keras.Input((2,))
    extra = keras.Input((2,), name="extra")
    out = keras.layers.Concatenate()([named, other])
    as_mapping, tensors = declared_inputs(keras.Model([named, other], out))
    assert not as_mapping
    assert list(tensors) == ["codes", "x1"]
    both = keras.layers.Concatenate()([named, extra])
    as_mapping, tensors = declared_inputs(keras.Model({"codes": named, "extra": extra}, both))
    assert as_mapping
    assert list(tensors) == ["codes", "extra"]
    _, tensors = declared_inputs(keras.Model(other, keras.layers.Dense(1)(other)))
    assert list(tensors) == ["x"]


@pytest.mark.parametrize("model", [Scale(), keras2.layers.Dense(2), keras3.Sequential(), None])
def test_other_models_declare_no_inputs(model):
    assert declared_inputs(model) == (False, {})


def test_names_of_inputs_without_a_name():
    assert default_names(1) == ["x"]
    assert default_names(3) == ["x0", "x1", "x2"]
    assert default_names(0) == []


def test_layers_of_either_keras_are_layers():
    assert is_layer(keras2.layers.Dense(1))
    assert is_layer(keras3.Sequential())
    assert not is_layer(Scale())
    assert not is_layer(keras2.layers.Dense)


@KERAS
@pytest.mark.parametrize("kind", ["", "variable", "list", "attribute"])
def test_what_a_layer_keeps_from_a_call_changes_its_state(keras, kind):
    class Keeping(keras.layers.Layer):  # type: ignore[name-defined]
        def __init__(self):
            super().__init__()
            self.inner = keras.Sequential([keras.layers.Dense(3, "relu")])
            self.norm = keras.layers.BatchNormalization()
            self.seen, self.before, self.last = tf.Variable([0.0]), [], None

        def call(self, x):
            if kind == "variable":
                self.seen.assign_add([1.0])
            if kind == "list":
                self.before.append(x)
            if kind == "attribute":
                self.last = x
            return self.norm(self.inner(x))

    layer = Keeping()
    layer(tf.ones((2, 3)))
    assigned = [v for one in weighted_layers(layer) for v in one.variables.values()]
    assigned = [v for v in assigned if v is not layer.seen]
    before = layer_state(layer, assigned)
    assigned[0].assign_add(tf.ones_like(assigned[0]))
    layer(tf.ones((2, 3)))
    assert same_state(before, layer_state(layer, assigned)) == (kind == "")


@KERAS
def test_a_layer_with_a_number_or_code_of_its_own_is_not_plain(keras):
    class Own(keras.layers.Dense):  # type: ignore[name-defined]
        pass

    def plain(layer):
        layer(tf.ones((2, 3)))
        return is_plain(
            layer, [v for one in weighted_layers(layer) for v in one.variables.values()]
        )

    layers = keras.layers
    assert plain(layers.Dense(3, "relu"))
    assert plain(layers.BatchNormalization())
    assert not plain(Own(3))
    assert not plain(layers.Dense(3, activation=lambda x: x / 7))
    scaled = layers.Dense(3)
    scaled.scale = tf.ones(3) / 7
    assert not plain(scaled)
