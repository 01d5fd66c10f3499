"""Training mode of TensorFlow: both Keras, masks, running statistics, and what is noted."""

import numpy as np
import pytest
import tensorflow as tf

from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.declaring.training_mode import MaskChange, TrainingMode
from parity.runners.tensorflow import run

X = np.random.default_rng(1).standard_normal((4, 6, 3)).astype(np.float32)
NUMBERS = np.random.default_rng(2).random((4, 6, 3), dtype=np.float32)
RATE = 0.4
DROPPED = np.where(NUMBERS >= RATE, X, 0) / (1 - RATE)


def trained(make, mode=None, dtype="float64", x=X):
    """Run what `make(dtype)` makes, which is called on x, in training."""
    mode = mode or TrainingMode({"reference": (NUMBERS,)}, watch=True)
    task = Task({}, {"x": x}, {}, (), (), 1, training=mode)

    def build(options, dtype):
        call = make(dtype)
        return Built(lambda inputs: {"y": call(inputs["x"])})

    return run(Side("tensorflow", build), "reference", task, dtype)


@pytest.fixture(params=["keras 2", "keras 3"])
def layers(request):
    if request.param == "keras 2":
        return pytest.importorskip("tf_keras").layers
    return pytest.importorskip("keras").layers


def test_a_layer_is_trained_with_the_given_mask(layers):
    run = trained(lambda dtype: layers.Dropout(RATE, dtype=dtype))
    np.testing.assert_allclose(run.outputs["y"], DROPPED, rtol=1e-6)
    (draw,) = run.trained.draws
    assert draw.rate == pytest.approx(RATE)
    np.testing.assert_array_equal(draw.values, X)


def test_a_layer_within_a_layer_and_a_default_of_false_are_trained(layers):
    class Outer(layers.Layer):  # type: ignore[name-defined]
        def __init__(self, **rest):
            super().__init__(**rest)
            self.drop = layers.Dropout(RATE, dtype=self.dtype)

        def call(self, x, training=False):
            return self.drop(x)

    run = trained(lambda dtype: Outer(dtype=dtype))
    np.testing.assert_allclose(run.outputs["y"], DROPPED, rtol=1e-6)


def test_a_frozen_layer_within_a_layer_stays_in_evaluation(layers):
    class Outer(layers.Layer):  # type: ignore[name-defined]
        def __init__(self, **rest):
            super().__init__(**rest)
            self.first = layers.Dropout(0.5, dtype=self.dtype)
            self.drop = layers.Dropout(RATE, dtype=self.dtype)

        def call(self, x):
            return self.drop(x) + 0 * self.first(x, training=False)

    run = trained(lambda dtype: Outer(dtype=dtype))
    assert not run.trained.frozen
    np.testing.assert_allclose(run.outputs["y"], DROPPED, rtol=1e-6)


def test_a_declaration_that_passes_false_is_noted(layers):
    def make(dtype):
        layer = layers.Dropout(RATE, name="drop", dtype=dtype)
        return lambda x: layer(x, training=False)

    assert trained(make).trained.frozen == ("drop",)


def test_dropout_of_tf_nn_and_masks_within_functions(layers):
    def make(dtype):
        return tf.function(lambda x: tf.nn.dropout(x, RATE))

    np.testing.assert_allclose(trained(make).outputs["y"], DROPPED, rtol=1e-6)
    (draw,) = trained(
        lambda d: layers.SpatialDropout1D(RATE, dtype=d), TrainingMode()
    ).trained.draws
    assert draw.shape == (4, 1, 3)


def test_a_recurrent_layer_draws_its_masks_once_per_run(layers):
    def make(dtype):
        return layers.LSTM(2, dropout=RATE, recurrent_dropout=0.2, dtype=dtype)

    draws = trained(make, TrainingMode(watch=True)).trained.draws
    assert {draw.shape for draw in draws} == {(4, 3), (4, 2)}
    assert {round(draw.rate, 6) for draw in draws} == {RATE, 0.2}


def test_random_numbers_that_cannot_be_handed_in_are_named(layers):
    run = trained(lambda dtype: lambda x: x + tf.random.normal(x.shape, dtype=x.dtype))
    assert "random_standard_normal" in run.trained.random
    noisy = trained(lambda dtype: layers.GaussianNoise(1.0, dtype=dtype))
    assert noisy.trained.random


@pytest.mark.parametrize(
    ("change", "expected"), [(MaskChange(), X), (None, DROPPED)], ids=["none", "as drawn"]
)
def test_a_mask_can_be_left_out(layers, change, expected):
    changes = {"reference": {0: change}} if change else {}
    mode = TrainingMode({"reference": (NUMBERS,)}, changes=changes)
    run = trained(lambda dtype: layers.Dropout(RATE, dtype=dtype), mode)
    np.testing.assert_allclose(run.outputs["y"], expected, rtol=1e-6)


def test_layers_are_as_before(layers):
    norm = layers.BatchNormalization(dtype="float64")
    norm.build((None, 6, 3))
    before = [value.numpy() for value in norm.weights]
    run = trained(lambda dtype: norm)
    assert len(run.trained.unmapped) == 2
    for value, old in zip(norm.weights, before, strict=True):
        np.testing.assert_array_equal(value.numpy(), old)
    # Neither is another layer in training afterwards.
    drop = layers.Dropout(RATE, dtype="float64")
    np.testing.assert_array_equal(drop(tf.constant(X, tf.float64)).numpy(), X)


def test_a_fused_norm_has_the_same_variance_in_both_precisions():
    keras = pytest.importorskip("tf_keras")
    image = X.reshape(4, 3, 2, 3)
    results = {}
    fused = ()
    for dtype in ("float32", "float64"):
        norm = keras.layers.BatchNormalization(momentum=0.5, dtype=dtype)
        norm.build((None, 3, 2, 3))
        kept = {}

        def call(x, norm=norm, kept=kept):
            y = norm(x)
            kept["variance"] = norm.moving_variance.numpy()
            return y

        mode = TrainingMode(fused=fused)
        run = trained(lambda dtype, call=call: call, mode, dtype, image)
        fused = fused or run.trained.fused
        results[dtype] = kept["variance"]
    assert list(fused) == [True]
    np.testing.assert_allclose(results["float32"], results["float64"], rtol=1e-5)
    # After two steps.
    unbiased = 0.25 + 0.75 * image.reshape(-1, 3).var(0, ddof=1)
    np.testing.assert_allclose(results["float64"], unbiased, rtol=1e-6)
