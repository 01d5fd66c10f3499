"""Each operation element by element gives in torch what it gives in TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.diagnosing.lining_up.translations.elementwise import ELEMENTWISE
from tests.parity.diagnosing.lining_up.translations.translated import (
    assert_translated,
    assert_untranslated,
    drawn,
    evaluate,
    translate,
    watched,
)

raw = tf.raw_ops
SHAPE = (2, 3, 4)
X, Y = drawn(*SHAPE), drawn(*SHAPE, seed=2)
ABOVE, OTHER = drawn(*SHAPE, low=0.1), drawn(*SHAPE, low=0.1, seed=2)
WITHIN = drawn(*SHAPE, low=-0.9, high=0.9)
TRUE, ALSO = X > 0, Y > 0.5
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, 1.5, -1.5])

_ANYWHERE = """
Neg Reciprocal Inv Relu Sigmoid Tanh Exp Expm1 Square Abs Sign Floor Ceil Round Rint Erf Erfc Sin
Cos Tan Atan Sinh Cosh IsNan IsInf IsFinite Identity StopGradient Snapshot PreventGradient Relu6
Elu Selu Softplus Softsign
"""
_OF_TWO = """
AddV2 Add Sub Mul RealDiv Div FloorDiv FloorMod Mod TruncateMod SquaredDifference Greater
GreaterEqual Less LessEqual Equal NotEqual Atan2 DivNoNan Maximum Minimum
"""
UNARY = {
    **dict.fromkeys(_ANYWHERE.split(), X * 3),
    **dict.fromkeys(("Log", "Log1p", "Sqrt", "Rsqrt", "Lgamma", "Digamma"), ABOVE),
    **dict.fromkeys(("Asin", "Acos"), WITHIN),
    "LogicalNot": TRUE,
}
BINARY = {
    **dict.fromkeys(_OF_TWO.split(), (X, Y)),
    **dict.fromkeys(("LogicalAnd", "LogicalOr"), (TRUE, ALSO)),
    "Pow": (ABOVE, Y),
}
_UNARY_NAMES = dict.fromkeys(("Relu", "Relu6", "Elu", "Selu", "Softplus", "Softsign"), "features")
_INPUT = ("Identity", "StopGradient", "Snapshot", "PreventGradient")


def unary(kind):
    name = _UNARY_NAMES.get(kind, "input" if kind in _INPUT else "x")
    return lambda x: getattr(raw, kind)(**{name: x})


def binary(kind):
    names = ("y", "x") if kind == "Atan2" else ("x", "y")
    return lambda *both: getattr(raw, kind)(**dict(zip(names, both, strict=True)))


@pytest.mark.parametrize("kind", UNARY)
def test_of_one_tensor(kind):
    assert_translated(unary(kind), UNARY[kind], kind=kind)


@pytest.mark.parametrize("kind", BINARY)
def test_of_two_tensors(kind):
    assert_translated(binary(kind), *BINARY[kind], kind=kind)


@pytest.mark.parametrize("kind", sorted(set(BINARY) - {"LogicalAnd", "LogicalOr"}))
@pytest.mark.parametrize("number", [0.3, -1.7, 2.0])
def test_of_a_tensor_and_a_number_on_either_side(kind, number):
    tensor = np.abs(BINARY[kind][0]) + 0.5
    assert_translated(lambda x: binary(kind)(x, tf.constant(number, x.dtype)), tensor, flat=False)
    if kind == "Pow":
        tensor = np.round(tensor)
    assert_translated(lambda x: binary(kind)(tf.constant(number, x.dtype), x), tensor, flat=False)


@pytest.mark.parametrize("kind", ["LogicalAnd", "LogicalOr"])
@pytest.mark.parametrize("value", [True, False])
def test_of_a_condition_and_a_constant(kind, value):
    assert_translated(lambda x: binary(kind)(x, tf.constant(value)), TRUE)
    assert_translated(lambda x: binary(kind)(tf.constant(value), x), TRUE)


@settings(max_examples=15)
@given(st.data())
def test_shapes_are_broadcast(data):
    kind = data.draw(st.sampled_from(["Mul", "Maximum", "Sub", "DivNoNan", "Less", "Atan2"]))
    whole = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    flags = data.draw(st.lists(st.booleans(), min_size=len(whole), max_size=len(whole)))
    other = [1 if one else size for one, size in zip(flags, whole, strict=True)]
    shorter = other[data.draw(st.integers(0, len(whole))) :]
    first, second = drawn(*whole), drawn(*shorter, seed=2)
    assert_translated(binary(kind), first, second)
    assert_translated(binary(kind), second, first)


@pytest.mark.parametrize("shape", [(1,), (1, 1), (1, 1, 1, 1)])
@pytest.mark.parametrize("kind", ["AddV2", "Maximum", "Pow"])
def test_a_constant_of_one_element_may_have_axes(kind, shape):
    def call(x):
        return binary(kind)(x, tf.constant(0.7, x.dtype, shape))

    assert_translated(call, ABOVE[0], flat=False)


def test_constants_with_axes_stay_in_the_references_order():
    for constant in (drawn(4), drawn(3, 1), drawn(2, 1, 4), drawn(5, 1, 1, 1)):
        assert_translated(lambda x, c=constant: x * tf.constant(c), X)


@pytest.mark.parametrize("kind", ["IsNan", "IsInf", "IsFinite", "Relu", "Sigmoid", "Softplus"])
def test_infinities_and_what_is_no_number(kind):
    assert_translated(unary(kind), SPECIAL[1:] if kind == "Softplus" else SPECIAL)


def test_numbers_far_from_zero_stay_exact():
    far = np.linspace(-60, 60, 40)
    for kind in ("Softplus", "Sigmoid", "Elu", "Tanh"):
        assert_translated(unary(kind), far)
        assert_translated(lambda x, kind=kind: unary(kind)(x) - x, far, rtol=1e-15)


def test_a_quotient_by_zero_is_zero_and_no_other():
    above, below = SPECIAL, np.array([1.0, 2.0, 0.0, 0.0, 0.0, 0.5])
    assert_translated(binary("DivNoNan"), above, below)
    assert_translated(lambda x: binary("DivNoNan")(x, tf.constant(0.0, x.dtype)), above)
    assert_translated(lambda x: binary("DivNoNan")(x, tf.constant(2.0, x.dtype)), above)
    assert_translated(lambda x: binary("DivNoNan")(tf.constant(2.0, x.dtype), x), below)


def test_whole_numbers():
    ints, others = np.arange(-6, 6).reshape(3, 4), np.array([3, -2, 4, 5])
    for kind in ("AddV2", "Sub", "Mul", "FloorDiv", "FloorMod", "TruncateMod", "Maximum", "Less"):
        assert_translated(binary(kind), ints, others, kind=kind)
    assert_translated(lambda x: x // 4 + x % 5, ints)
    assert_translated(lambda x: raw.Mod(x=tf.constant(7, x.dtype), y=x), others)
    assert_translated(lambda x, y: x / y, ints, others)


def test_a_truncated_quotient_of_whole_numbers_is_no_quotient():
    ints, others = np.arange(-6, 6).reshape(3, 4), np.array([3, -2, 4, 5])
    assert_translated(lambda x, y: raw.Div(x=x, y=y), ints, others)


@pytest.mark.parametrize("kind", ["Select", "SelectV2"])
def test_one_of_two(kind):
    names = {"Select": ("condition", "x", "y"), "SelectV2": ("condition", "t", "e")}[kind]

    def call(*given):
        return getattr(raw, kind)(**dict(zip(names, given, strict=True)))

    assert_translated(call, TRUE, X, Y, kind=kind)


@pytest.mark.parametrize("values", [(0.1, None), (None, -0.3), (0.1, -0.3)])
def test_one_of_two_of_which_some_are_numbers(values):
    def call(condition, x):
        both = [x if one is None else tf.constant(one, x.dtype) for one in values]
        return tf.where(condition, *both)

    assert_translated(call, TRUE, X)
    assert_translated(lambda x: tf.where(x > 0, tf.constant(0.1, x.dtype), 0.7), X)


def test_shapes_of_conditions_are_broadcast_from_behind_or_in_the_old_way_from_the_front():
    assert_translated(tf.where, TRUE[:, :1], X, Y)
    assert_translated(tf.where, TRUE[0, 0], X, Y)
    square, other = drawn(3, 3), drawn(3, 3, seed=2)
    condition = np.array([True, False, True])
    assert_translated(lambda *all_: raw.Select(condition=all_[0], x=all_[1], y=all_[2]),
                      condition, square, other)  # fmt: skip


def test_limits():
    def clipped(x, low, high):
        return raw.ClipByValue(t=x, clip_value_min=low, clip_value_max=high)

    def const(value):
        return tf.constant(value, tf.float64)

    assert_translated(lambda x: clipped(x, const(-0.3), const(0.7)), X, kind="ClipByValue")
    assert_translated(lambda x: tf.clip_by_value(x, -0.3, 0.7), X)
    assert_translated(lambda x, y: tf.clip_by_value(x, y - 1, y), X, Y)


@pytest.mark.parametrize("alpha", [0.2, 0.01, -0.1])
def test_leaky_relu(alpha):
    # TensorFlow holds the slope in float32.
    assert_translated(lambda x: tf.nn.leaky_relu(x, alpha), X, kind="LeakyRelu", rtol=1e-7)


def test_sums_of_many():
    assert_translated(lambda *all_: tf.add_n(list(all_)), X, Y, ABOVE, kind="AddN")


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_biases(rank):
    image, bias = drawn(2, 3, 2, 4)[(0,) * (4 - rank)], drawn(4, seed=2)
    assert_translated(tf.nn.bias_add, image, bias, kind="BiasAdd")
    assert_translated(lambda x: tf.nn.bias_add(x, tf.constant(bias)), image)
    one = image[..., :1]
    assert_translated(lambda x: tf.nn.bias_add(x, tf.constant([0.3], x.dtype)), one)


def test_a_bias_of_channels_first():
    def call(x, y):
        return raw.BiasAdd(value=x, bias=y, data_format="NCHW")

    assert_untranslated(call, drawn(2, 3, 4, 4), drawn(3))


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (X * 3, tf.int32),
        (X * 3, tf.int64),
        (np.arange(250, 260), tf.uint8),
        (np.arange(3, dtype=np.uint8), tf.int32),
        (TRUE, tf.float64),
        (TRUE, tf.int32),
        (np.arange(-3, 3), tf.float64),
        (np.arange(-3, 3), tf.bool),
        (np.round(X), tf.bool),
        (np.arange(3), tf.int32),
    ],
)
def test_casts(source, target):
    assert_translated(lambda x: tf.cast(x, target), source)


def test_casts_between_floating_types_stay():
    assert_translated(lambda x: tf.cast(x, tf.float32), X, rtol=1e-6)


def test_what_negates_is_read_as_one_operand():
    assert_translated(lambda x: tf.cast(tf.logical_not(x), tf.float64) * 2, TRUE)
    assert_translated(lambda x: (-x) ** 2, X)
    assert_translated(lambda x: tf.reduce_sum(-tf.abs(x), -1), X)


@pytest.mark.parametrize("kind", ["CheckNumerics", "EnsureShape"])
def test_checks_change_nothing(kind):
    calls = {
        "CheckNumerics": lambda x: tf.debugging.check_numerics(x, "finite"),
        "EnsureShape": lambda x: tf.ensure_shape(x, SHAPE),
    }
    assert_translated(calls[kind], X, kind=kind)


def test_every_kind_is_tried():
    others = {"Select", "SelectV2", "ClipByValue", "LeakyRelu", "AddN", "BiasAdd", "Cast"}
    assert set(ELEMENTWISE) == {*UNARY, *BINARY, *others, "CheckNumerics", "EnsureShape"}


def test_numbers_are_written_as_the_reference_has_them():
    for number in (0.1, 1 / 3, 1e-300, np.float32(0.1).item(), -7.25e9):
        watch, leaves = watched(lambda x, number=number: x * tf.constant(number, x.dtype), X)
        parts = translate(watch, leaves, watch.operations[-1].returned[0])
        np.testing.assert_array_equal(evaluate(*parts).numpy(), X * number)
