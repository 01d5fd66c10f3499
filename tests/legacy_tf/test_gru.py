import numpy as np
import pytest
import tensorflow as tf

from legacy_tf.gru import GRUCell

UNITS, FEATURES, BATCH, RATE = 6, 5, 4, 0.4


def cell(rate=RATE, seed=0):
    """A cell in float64 whose every weight is drawn: both biases among them."""
    layer = GRUCell(UNITS, rate, dtype="float64")
    layer.build((None, FEATURES))
    generator = np.random.default_rng(seed)
    for weight in layer.weights:
        weight.assign(generator.normal(size=weight.shape))
    return layer


def inputs(batch=BATCH, seed=1):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(batch, FEATURES)), generator.normal(size=(batch, UNITS))


def masks(batch=BATCH, seed=2):
    generator = np.random.default_rng(seed)
    shapes = (3, batch, FEATURES), (3, batch, UNITS)
    return tuple((generator.random(shape) >= RATE) / (1 - RATE) for shape in shapes)


def by_hand(layer, x, s, x_masks=(1, 1, 1), s_masks=(1, 1, 1)):
    """The gates one after the other, z, r, h."""
    kernels = np.split(layer.kernel.numpy(), 3, axis=1)
    recurrent = np.split(layer.recurrent_kernel.numpy(), 3, axis=1)
    input_bias, recurrent_bias = (np.split(row, 3) for row in layer.bias.numpy())
    from_x = [x * x_masks[g] @ kernels[g] + input_bias[g] for g in range(3)]
    from_s = [s * s_masks[g] @ recurrent[g] + recurrent_bias[g] for g in range(3)]
    z, r = (1 / (1 + np.exp(-(from_x[g] + from_s[g]))) for g in range(2))
    return z * s + (1 - z) * np.tanh(from_x[2] + r * from_s[2])


@pytest.mark.parametrize("rate", [0.0, RATE])
@pytest.mark.parametrize("batch", [1, BATCH])
def test_the_formulas_by_hand(rate, batch):
    layer = cell(rate)
    np.testing.assert_allclose(layer(*inputs(batch)), by_hand(layer, *inputs(batch)), rtol=1e-12)


@pytest.mark.parametrize("training", [False, True])
def test_given_masks_act_on_input_and_state_but_not_on_the_state_that_is_kept(training):
    layer = cell()
    found = layer(*inputs(), training=training, masks=masks())
    np.testing.assert_allclose(found, by_hand(layer, *inputs(), *masks()), rtol=1e-12)


def test_given_masks_work_in_a_graph_and_leave_nothing_behind():
    layer = cell()
    x_masks, s_masks = masks()
    graph = tf.function(lambda *m: layer(*inputs(), training=True, masks=m))
    assert np.array_equal(graph(x_masks, s_masks), layer(*inputs(), masks=masks()))
    np.testing.assert_allclose(layer(*inputs()), by_hand(layer, *inputs()), rtol=1e-12)


def test_masks_for_a_cell_without_dropout_are_an_error():
    with pytest.raises(ValueError, match="given to a GRU cell whose dropout_rate is 0"):
        cell(rate=0.0)(*inputs(), masks=masks())


def test_masks_drawn_are_three_each_of_inverted_dropout(seeded):
    layer = cell()
    ones = np.ones((1000, FEATURES))
    for drawn in (
        layer.get_dropout_mask_for_cell(ones, True, count=3),
        layer.get_recurrent_dropout_mask_for_cell(ones, True, count=3),
    ):
        assert len(drawn) == 3
        assert not np.array_equal(drawn[0], drawn[1])
        for mask in drawn:
            assert np.allclose(np.unique(mask), [0, 1 / (1 - RATE)])
            # Five standard deviations of 5,000 draws.
            assert abs(np.mean(mask.numpy() == 0) - RATE) < 5 * np.sqrt(RATE * (1 - RATE) / 5000)


def test_quirk_an_eager_inference_call_turns_later_dropout_off(seeded):
    layer = cell()
    expected = layer(*inputs(), training=False)
    assert np.array_equal(layer(*inputs(), training=True), expected)
    layer.reset_masks()
    assert not np.array_equal(layer(*inputs(), training=True), expected)


def test_quirk_an_eager_training_call_leaks_dropout_into_inference(seeded):
    layer = cell()
    dropped = layer(*inputs(), training=True)
    assert np.array_equal(layer(*inputs(), training=False), dropped)
    layer.reset_masks()
    np.testing.assert_allclose(layer(*inputs()), by_hand(layer, *inputs()), rtol=1e-12)


def test_quirk_another_batch_size_fails_in_eager_mode():
    layer = cell()
    layer(*inputs())
    with pytest.raises(tf.errors.InvalidArgumentError):
        layer(*inputs(batch=2))
    layer.reset_masks()
    assert layer(*inputs(batch=2)).shape == (2, UNITS)


def test_quirk_two_calls_in_one_graph_share_their_masks_but_each_run_draws_afresh(seeded):
    layer = cell()

    @tf.function
    def twice():
        return layer(*inputs(), training=True), layer(*inputs(), training=True)

    first, second = twice()
    assert np.array_equal(first, second)
    assert not np.array_equal(first, twice()[0])


def test_the_layer_can_be_made_again_from_its_config():
    config = cell().get_config()
    assert config["dropout_rate"] == RATE
    assert GRUCell.from_config(config).get_config() == config
