"""Buffers that the reference computes are constants of the candidate, not weights."""

import pytest

from parity.init.own_constants import own_constants, without
from parity.runners.whole_models import LayerWeight, ModelDescription, WeightedLayer

TABLE = LayerWeight("table", (1, 5, 8), trainable=False)
SCALE = LayerWeight("scale", (8,))
LINEAR = WeightedLayer("l", "Linear", (LayerWeight("l.weight", (8, 5)),))
OWN = WeightedLayer("", "Model", (TABLE, SCALE))


def model(*layers):
    return ModelDescription(layers, {}, (WeightedLayer("m", "Block", (TABLE, *LINEAR.weights)),))


def reference(kind, *shape):
    return ModelDescription((WeightedLayer("r", kind, (LayerWeight("r/w", shape),)),), {})


def test_what_is_not_trained_and_has_no_partner_is_a_constant():
    assert own_constants(reference("Dense", 5, 8), model(OWN, LINEAR)) == (TABLE,)


@pytest.mark.parametrize("shape", [(5, 8), (40,), (1, 8, 5)])
def test_a_weight_of_the_same_size_may_be_its_partner(shape):
    assert own_constants(reference("Own", *shape), model(OWN)) == ()
    assert own_constants(reference("Dense", *shape), model(OWN)) == (TABLE,)


def test_statistics_and_frozen_layers_are_no_constants():
    mean = LayerWeight("n.running_mean", (3,), trainable=False)
    frozen = LayerWeight("l.weight", (3, 4), trainable=False)
    norm, linear = (
        WeightedLayer("n", "BatchNorm2d", (mean,)),
        WeightedLayer("l", "Linear", (frozen,)),
    )
    assert own_constants(reference("Own", 5), model(norm, linear)) == ()


def test_constants_are_left_out_of_the_description():
    alone = WeightedLayer("t", "Table", (TABLE,))
    left = without(model(OWN, LINEAR, alone), (TABLE,))
    assert [layer.weights for layer in left.layers] == [(SCALE,), LINEAR.weights]
    assert [layer.weights for layer in left.composites] == [LINEAR.weights]
