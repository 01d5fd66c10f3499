"""Verdicts in training mode: right layers pass, and each planted difference is refused."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn import functional

from parity.checking.training_cases import TrainingCases
from parity.checking.training_runs import EvaluationOnly
from parity.declaring.port import Configuration
from parity.declaring.training_mode import in_training as training
from parity.judging.verdict import Verdict
from tests.parity.layers_in_training import (
    IMAGE,
    Frozen,
    OwnNorm,
    dropout,
    in_training,
    keras_norm,
    keras_side,
    make_port,
    torch_side,
)


def dropped(candidate, shape=IMAGE, noise=None, **side):
    return make_port(keras_side(dropout(noise=noise), shape), torch_side(candidate, **side), shape)


def normed(candidate, shape=IMAGE, **side):
    return make_port(
        keras_side(keras_norm, shape), torch_side(candidate, weighted=True, **side), shape, True
    )


RELU = keras_side(lambda layers, dtype: layers.ReLU(dtype=dtype))


class Functional(nn.Module):
    def forward(self, x):
        return functional.dropout(x, 0.3, self.training)


class Noise(nn.Module):
    def forward(self, x):
        return x + torch.randn_like(x) if self.training else x


RIGHT = {
    "dropout": dropped(lambda: nn.Dropout(0.3)),
    "dropout, channels first": dropped(lambda: nn.Dropout(0.3), last=True),
    "dropout as a function": dropped(Functional),
    "dropout of channels": dropped(lambda: nn.Dropout2d(0.3), noise=(None, 1, 1, None), last=True),
    "norm of rows": normed(OwnNorm, shape=(9, 5)),
    "norm of images": normed(lambda: nn.BatchNorm2d(5, 1e-3, 0.01), last=True),
}
WRONG = {
    "no dropout": dropped(nn.Identity),
    "another rate": dropped(lambda: nn.Dropout(0.31)),
    "twice": dropped(lambda: nn.Sequential(nn.Dropout(0.3), nn.Dropout(0.3))),
    "elements for channels": dropped(lambda: nn.Dropout(0.3), noise=(None, 1, 1, None), last=True),
    "channels for elements": dropped(lambda: nn.Dropout2d(0.3), last=True),
    "another momentum": normed(lambda: nn.BatchNorm2d(5, 1e-3, 0.011), last=True),
    "momentum of torch": normed(lambda: nn.BatchNorm2d(5, 1e-3), last=True),
    "biased variance": normed(OwnNorm),
    "unbiased variance": normed(lambda: OwnNorm(biased=False), shape=(9, 5)),
    "no update": normed(lambda: OwnNorm(updates=False), shape=(9, 5)),
    "evaluation mode": normed(Frozen, shape=(9, 5)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_layer_passes(name):
    result, _ = in_training(RIGHT[name])
    assert result.mode == "training"
    assert result.verdict.passes, [o for o in result.outputs if not o.verdict.passes]


@pytest.mark.parametrize("name", WRONG)
def test_a_planted_difference_is_refused_in_training_alone(name):
    result, _ = in_training(WRONG[name])
    assert result.verdict is Verdict.DIFFERENT


def test_statistics_after_both_steps_are_outputs_and_gradients_those_of_training():
    result, _ = in_training(RIGHT["norm of rows"])
    names = {output.name for output in result.outputs}
    assert {"norm/moving_mean after step 1", "norm/moving_variance after step 2"} <= names
    assert {"y", "grad/input/x", "grad/weight/norm/gamma"} <= names
    without, _ = in_training(RIGHT["norm of rows"], gradients=False)
    assert not any(output.name.startswith("grad/") for output in without.outputs)


def test_a_layer_without_a_training_mode_has_no_case():
    port = make_port(
        keras_side(lambda layers, dtype: layers.ReLU(dtype=dtype)), torch_side(nn.ReLU)
    )
    result, _ = in_training(port)
    assert result is None


def test_an_own_difference_without_dropout_or_statistics_is_seen():
    class Doubling(nn.Module):
        def forward(self, x):
            return 2 * x if self.training else x

    port = make_port(
        keras_side(lambda layers, dtype: layers.ReLU(dtype=dtype)), torch_side(nn.ReLU)
    )
    (pair,) = port.pairs
    doubled = torch_side(lambda: nn.Sequential(nn.ReLU(), Doubling()))
    result, _ = in_training(replace(port, pairs=(replace(pair, candidate=doubled),)))
    assert result.verdict is Verdict.DIFFERENT


def test_where_nobody_asked_the_layer_was_only_seen_in_evaluation():
    result, _ = in_training(WRONG["another rate"], training=False)
    assert result == EvaluationOnly("layer", "default", "dropout of 0.3")
    result, _ = in_training(WRONG["another momentum"], training=None)
    assert result.what.startswith("running statistics norm/moving_mean")


def test_a_declaration_that_passes_false_is_only_seen_in_evaluation():
    def passing_false(layer, x):
        return layer(x, training=False)

    side = keras_side(lambda layers, dtype: layers.Dropout(0.3, name="d", dtype=dtype), IMAGE)
    frozen = keras_side(
        lambda layers, dtype: layers.Dropout(0.3, name="d", dtype=dtype), IMAGE, passing_false
    )
    told = keras_side(dropout(), IMAGE, lambda layer, x: layer(x, training=training()))
    candidate = torch_side(lambda: nn.Dropout(0.3))
    result, _ = in_training(make_port(frozen, candidate, IMAGE))
    assert result.reason == "the declaration calls d of the reference with training=False"
    for reference in (side, told):
        result, _ = in_training(make_port(reference, candidate, IMAGE))
        assert result.verdict.passes


def test_random_numbers_that_cannot_be_handed_in_are_only_seen_in_evaluation():
    reference = keras_side(lambda layers, dtype: layers.GaussianNoise(1.0, dtype=dtype), IMAGE)
    result, _ = in_training(make_port(reference, torch_side(Noise), IMAGE))
    assert "cannot be handed in" in result.reason


def test_a_pair_or_configuration_can_be_left_out():
    port = WRONG["no dropout"]
    (pair,) = port.pairs
    result, _ = in_training(replace(port, pairs=(replace(pair, no_training="a reason"),)))
    assert result is None
    configs = (Configuration("default", {}, training=False),)
    result, _ = in_training(replace(port, pairs=(replace(pair, configs=configs),)))
    assert result is None


def test_a_side_that_fails_in_training_is_not_compared():
    class Failing(nn.Dropout):
        def forward(self, x):
            if self.training:
                raise ValueError("not in training")
            return x

    result, checker = in_training(dropped(Failing))
    assert result.verdict is Verdict.NOT_COMPARED
    assert "not in training" in result.notes[0]
    asked = replace(checker.selection, training=False)
    checker.selection = asked
    (pair,) = checker.port.pairs
    assert TrainingCases(checker).run(pair, pair.configs[0]) is None


def gates(order, rate=0.3):
    """Masks of three gates, drawn in an order of their own and weighted by their gate."""

    class Gates(nn.Module):
        def forward(self, x):
            masks = {
                gate: functional.dropout(torch.ones_like(x), rate, self.training) for gate in order
            }
            return sum((gate + 1) * masks[gate] * x**gate for gate in range(3))

    return Gates


def test_masks_that_nothing_distinguishes_may_be_drawn_in_any_order():
    import tensorflow as tf

    def call(layer, x):
        return tf.add_n([(gate + 1) * layer(tf.ones_like(x)) * x**gate for gate in range(3)])

    reference = keras_side(dropout(), (9, 5), call)
    for order in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        result, _ = in_training(make_port(reference, torch_side(gates(order))))
        assert result.verdict.passes, order
    result, _ = in_training(make_port(reference, torch_side(gates((1, 0, 2), 0.31))))
    assert result.verdict is Verdict.DIFFERENT
