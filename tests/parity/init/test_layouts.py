"""Layouts that the frameworks define: which layers they are of, and that shapes must fit."""

import pytest

from parity.init.layouts import Layout, LayoutCall, known_layout
from parity.runners.whole_models import LayerWeight, WeightedLayer


def named(kind, path, separator, settings=None, **shapes):
    weights = (LayerWeight(f"{path}{separator}{name}", shape) for name, shape in shapes.items())
    return WeightedLayer(path, kind, tuple(weights), settings or {})


DENSE = named("Dense", "d", "/", kernel=(3, 4), bias=(4,))
LINEAR = named("Linear", "a", ".", weight=(4, 3), bias=(4,))


def call(layout):
    (only,) = layout.calls
    return only.function, only.arguments, dict(only.keywords)


def test_a_dense_layer_and_a_linear_one():
    layout = known_layout(DENSE, LINEAR)
    assert call(layout) == ("dense", ("d", "a", 3, 4), {})
    assert layout.known
    assert layout.names == {"d/kernel", "d/bias"}
    assert layout.keys == {"a.weight", "a.bias"}


@pytest.mark.parametrize(
    "candidate",
    [
        named("Linear", "a", ".", weight=(3, 4), bias=(4,)),
        named("LayerNorm", "a", ".", weight=(4, 3), bias=(4,)),
        named("Linear", "a", ".", weight=(4, 5)),
    ],
)
def test_another_shape_or_kind_has_no_layout(candidate):
    assert known_layout(DENSE, candidate) is None


def test_without_a_bias_on_either_side():
    bare = named("Linear", "a", ".", weight=(4, 3))
    assert call(known_layout(DENSE, bare))[2] == {"bias": False}


def test_convolutions_plain_grouped_and_transposed():
    conv = named("Conv2D", "c", "/", kernel=(3, 3, 2, 5))
    plain = named("Conv2d", "c", ".", {"groups": 1}, weight=(5, 2, 3, 3))
    grouped = named("Conv2d", "c", ".", {"groups": 2}, weight=(5, 2, 3, 3))
    assert call(known_layout(conv, plain))[0] == "conv2d"
    assert call(known_layout(conv, grouped))[0] == "conv"
    turned = named("Conv1DTranspose", "t", "/", kernel=(3, 5, 2))
    theirs = named("ConvTranspose1d", "t", ".", {"groups": 1}, weight=(2, 5, 3))
    assert call(known_layout(turned, theirs))[2] == {"bias": False, "turned": True}


def test_a_depthwise_convolution_over_one_axis():
    ours = named("DepthwiseConv1D", "d", "/", depthwise_kernel=(3, 4, 2), bias=(8,))
    theirs = named("Conv1d", "c", ".", {"groups": 4}, weight=(8, 1, 3), bias=(8,))
    expected = ("depthwise_conv", ("d", "c", (3, 4, 2)), {"kernel": "depthwise_kernel"})
    assert call(known_layout(ours, theirs)) == expected


def test_a_norm_without_scale_is_held_weight_by_weight():
    norm = named("BatchNormalization", "n", "/", beta=(4,), moving_mean=(4,), moving_variance=(4,))
    theirs = named("BatchNorm1d", "n", ".", bias=(4,), running_mean=(4,), running_var=(4,))
    layout = known_layout(norm, theirs)
    assert [one.function for one in layout.calls] == ["same"] * 3
    assert layout.calls[-1].keywords == {"positive": True}


def test_a_normalization_without_a_factor_leaves_pytorchs_as_it_begins():
    norm = named("BatchNormalization", "n", "/", beta=(4,), moving_mean=(4,), moving_variance=(4,))
    theirs = named(
        "BatchNorm1d", "n", ".", weight=(4,), bias=(4,), running_mean=(4,), running_var=(4,)
    )
    layout = known_layout(norm, theirs)
    assert (layout.kept, layout.zero) == (("n.weight",), ())
    centered = named("LayerNormalization", "l", "/", gamma=(4,))
    layout = known_layout(centered, named("LayerNorm", "l", ".", weight=(4,), bias=(4,)))
    assert (layout.kept, layout.zero) == ((), ("l.bias",))


def test_keras_one_bias_leaves_pytorchs_second_zero():
    lstm = named("LSTM", "l", "/", kernel=(3, 8), recurrent_kernel=(2, 8), bias=(8,))
    shapes = {
        "weight_ih_l0": (8, 3),
        "weight_hh_l0": (8, 2),
        "bias_ih_l0": (8,),
        "bias_hh_l0": (8,),
    }
    layout = known_layout(lstm, named("LSTM", "r", ".", {"end": "_l0"}, **shapes))
    assert call(layout)[0] == "lstm"
    assert layout.zero == ("r.bias_hh_l0",)


def test_an_attention_splits_pytorchs_weight_in_three():
    ours = named(
        "MultiHeadAttention",
        "m",
        "/",
        **{
            **{f"{part}/kernel": (4, 2, 2) for part in ("query", "key", "value")},
            "output/kernel": (2, 2, 4),
        },
    )
    shapes = {"in_proj_weight": (12, 4), "out_proj.weight": (4, 4)}
    layout = known_layout(ours, named("MultiheadAttention", "t", ".", {"num_heads": 2}, **shapes))
    assert layout.split == {"t.in_proj_weight": 3}
    assert layout.keys == {"t.in_proj_weight", "t.out_proj.weight"}


def test_a_layout_that_must_zero_a_missing_weight_does_not_fit():
    plain = Layout((LayoutCall("dense", ("d", "a", 3, 4)),))
    assert plain.fits(DENSE, LINEAR)
    assert not Layout(plain.calls, zero=("a.other",)).fits(DENSE, LINEAR)
