"""A port can be declared without some of its layers, for as long as a block runs."""

from parity import models
from parity.declaring.leaving_out import left_out, without_layers
from parity.declaring.model_inputs import Input


def declared():
    layers = [models.Layer("conv", "conv"), models.Layer("dense", "dense")]
    inputs = {"x": Input((4,))}
    names = "reference.py:make", "candidate.py:make"
    return models.port("p", *names, beside=__file__, inputs=inputs, weights=(), layers=layers)


def test_a_layer_is_left_out_within_the_block_alone():
    assert declared().layers == ["conv", "dense", "model"]
    with without_layers(["conv"]):
        assert left_out() == {"conv"}
        assert declared().layers == ["dense", "model"]
    assert declared().layers == ["conv", "dense", "model"]
