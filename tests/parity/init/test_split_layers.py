"""One layer of the reference as two of the candidate: roles, biases and orders of gates."""

from parity.init.split_layers import is_two, joined_layers, members, split_layouts
from parity.runners.whole_models import LayerWeight, WeightedLayer


def layer(kind, path, separator, settings=None, **shapes):
    weights = (LayerWeight(f"{path}{separator}{name}", shape) for name, shape in shapes.items())
    return WeightedLayer(path, kind, tuple(weights), settings or {})


def linear(path, *shape, bias=True):
    return layer("Linear", path, ".", weight=shape, **({"bias": shape[:1]} if bias else {}))


GRU = layer("GRU", "gru", "/", kernel=(3, 12), recurrent_kernel=(4, 12), bias=(2, 12))


def test_only_what_can_hold_a_layer_is_joined():
    x, h = linear("x", 12, 3), linear("h", 12, 4)
    (two,) = joined_layers([GRU], [x, h, linear("other", 5, 5)])
    assert is_two(two)
    assert members(two) == (x, h)
    assert members(x) == (x,)
    assert joined_layers([layer("Dense", "d", "/", kernel=(3, 4))], [x, h]) == []


def test_layers_of_other_sizes_are_not_joined():
    separable = layer(
        "SeparableConv2D", "s", "/", depthwise_kernel=(3, 3, 4, 1), pointwise_kernel=(1, 1, 4, 8)
    )
    depthwise = layer("Conv2d", "d", ".", {"groups": 4}, weight=(4, 1, 3, 3))
    pointwise = layer("Conv2d", "p", ".", {"groups": 1}, weight=(8, 4, 1, 1))
    other = layer("Conv2d", "o", ".", {"groups": 1}, weight=(8, 8, 1, 1))
    (two,) = joined_layers([separable], [depthwise, pointwise, other])
    assert members(two) == (depthwise, pointwise)
    assert split_layouts(GRU, two) == []


def test_gates_come_in_every_order_keras_own_first():
    (two,) = joined_layers([GRU], [linear("h", 12, 4), linear("x", 12, 3)])
    layouts = split_layouts(GRU, two)
    assert len(layouts) == 6
    arguments = layouts[0].calls[0].arguments
    assert arguments == ("gru", ("x", "h"), 3, 4, (0, 1, 2))
    assert layouts[0].calls[0].keywords == {"bias": ("x", "h")}


def test_a_bias_too_many_must_be_zero_and_too_few_do_not_fit():
    lstm = layer("LSTM", "lstm", "/", kernel=(3, 16), recurrent_kernel=(4, 16), bias=(16,))
    (two,) = joined_layers([lstm], [linear("x", 16, 3), linear("h", 16, 4)])
    assert split_layouts(lstm, two)[0].zero == ("h.bias",)
    assert joined_layers([lstm], [linear("x", 16, 3, bias=False), linear("h", 16, 4)])
    bare = [linear("x", 16, 3, bias=False), linear("h", 16, 4, bias=False)]
    assert joined_layers([lstm], bare) == []


def test_a_separable_convolution_is_a_depthwise_and_a_pointwise_one():
    shapes = {"depthwise_kernel": (3, 3, 2, 1), "pointwise_kernel": (1, 1, 2, 5), "bias": (5,)}
    separable = layer("SeparableConv2D", "s", "/", **shapes)
    each = layer("Conv2d", "each", ".", {"groups": 2}, weight=(2, 1, 3, 3), bias=(2,))
    mix = layer("Conv2d", "mix", ".", {"groups": 1}, weight=(5, 2, 1, 1), bias=(5,))
    (two,) = joined_layers([separable], [mix, each])
    (layout,) = split_layouts(separable, two)
    assert layout.calls[0].arguments[1] == ("each", "mix")
    assert layout.zero == ("each.bias",)
