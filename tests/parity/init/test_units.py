"""Units of the pairing and the layouts that shapes allow."""

import pytest

from parity.init.units import (
    gated_layouts,
    joined_units,
    layer_units,
    same_name,
    unit_layouts,
    weight_layouts,
    weight_units,
)
from parity.runners.whole_models import LayerWeight, WeightedLayer


def weights(**shapes):
    return tuple(LayerWeight(name, shape) for name, shape in shapes.items())


def weight(*shape):
    return LayerWeight("w", shape)


def layer(kind, path, separator, **shapes):
    own = (LayerWeight(f"{path}{separator}{name}", shape) for name, shape in shapes.items())
    return WeightedLayer(path, kind, tuple(own))


def functions(layouts):
    return [layout.calls[0].function for layout in layouts]


def test_a_square_matrix_may_be_held_two_ways_and_a_vector_one():
    square, wide = LayerWeight("w", (3, 3)), LayerWeight("w", (3, 4))
    assert functions(weight_layouts(square, square)) == ["same", "transposed"]
    assert functions(weight_layouts(wide, LayerWeight("k", (4, 3)))) == ["transposed"]
    assert len(weight_layouts(LayerWeight("b", (3,)), LayerWeight("c", (3,)))) == 1
    assert weight_layouts(wide, LayerWeight("k", (5, 3))) == []


def test_orders_of_axes_that_move_nothing_are_one_layout():
    assert functions(weight_layouts(LayerWeight("w", (1, 1, 3)), LayerWeight("k", (1, 1, 3)))) == [
        "same"
    ]


def test_heads_may_be_folded():
    found = weight_layouts(LayerWeight("w", (6, 2, 3)), LayerWeight("k", (6, 6)))
    assert functions(found) == ["folded", "reshaped"]


def test_axes_of_one_element_hide_no_transposition():
    conv = LayerWeight("c.weight", (6, 4, 1))
    orders = [layout.calls[0].arguments[4:] for layout in weight_layouts(weight(4, 6), conv)]
    assert orders == [(), ((1, 0),)]
    square = LayerWeight("c.weight", (1, 4, 4))
    orders = [layout.calls[0].arguments[4:] for layout in weight_layouts(weight(4, 4), square)]
    assert orders == [(), ((1, 0),)]


def test_gates_are_tried_in_every_order_keras_own_first():
    gru = layer("GRU", "gru", "/", kernel=(4, 9))
    found = gated_layouts(gru, weights(wx=(4, 9)))
    assert functions(found) == ["same"] + ["gated"] * 5
    assert functions(gated_layouts(gru, weights(wx=(9, 4)))) == ["transposed"] + ["gated"] * 5
    assert gated_layouts(layer("Dense", "dense", "/", kernel=(4, 9)), weights(wx=(4, 9))) == []


def test_a_linear_layer_is_tried_transposed_first():
    (reference,) = weight_units([layer("Own", "own", "/", w=(3, 3))], set())
    (linear,) = weight_units([layer("Linear", "own", ".", weight=(3, 3))], set())
    (plain,) = weight_units([layer("Own", "own", ".", weight=(3, 3))], set())
    assert functions(unit_layouts(reference, linear)) == ["transposed", "same"]
    assert functions(unit_layouts(reference, plain)) == ["same", "transposed"]


def test_so_is_a_convolution_over_one_element():
    (reference,) = weight_units([layer("Own", "own", "/", w=(3, 3))], set())
    (conv,) = weight_units([layer("Conv2d", "own", ".", weight=(3, 3, 1, 1))], set())
    assert [x.weights[0].transform for x in unit_layouts(reference, conv)] == [
        "transpose (1, 0), reshape",
        "reshape",
    ]


def test_a_layer_of_another_kind_may_be_held_whole():
    dense = layer("Dense", "d", "/", kernel=(3, 3), bias=(3,))
    conv = layer("Conv2d", "c", ".", weight=(3, 3, 1, 1), bias=(3,))
    ((one,), (other,)) = layer_units([dense]), layer_units([conv])
    assert functions(unit_layouts(one, other)) == ["dense"]


def test_only_a_whole_layer_is_held_in_two():
    cell = layer("SimpleRNN", "rnn", "/", kernel=(4, 4), recurrent_kernel=(4, 4))
    linears = [layer("Linear", name, ".", weight=(4, 4)) for name in ("x", "h")]
    (two,) = joined_units([cell], linears)
    assert two.members == {"x.weight", "h.weight"}
    assert functions(unit_layouts(layer_units([cell])[0], two)) == ["linear_cell"] * 2
    assert unit_layouts(weight_units([cell], set())[0], two) == []


def test_weights_that_are_taken_are_no_units():
    dense = layer("Dense", "dense", "/", kernel=(3, 4), bias=(4,))
    (unit,) = weight_units([dense], {"dense/kernel"})
    assert unit.name == "dense/bias"
    assert unit.influence({"dense/bias": frozenset({1})}.__getitem__) == {1}


@pytest.mark.parametrize(
    ("reference", "candidate", "same"),
    [
        ("block/norm_1/gamma", "block.norm1.weight", True),
        ("bn/moving_variance", "bn.running_var", True),
        ("dense/kernel", "dense.bias", False),
    ],
)
def test_names_are_compared_as_the_frameworks_spell_them(reference, candidate, same):
    assert same_name(reference, candidate) is same
