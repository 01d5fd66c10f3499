import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from legacy_tf.attention import MultiHeadAttention, leaky_relu
from legacy_tf.config import ConfigError

SCORE_TYPES = ("add", "nn", "dot")


def attention(score="add", window=5, d_model=8, heads=2, seed=0):
    """A layer in float64 whose every weight is drawn: biases at zero would hide mistakes."""
    layer = MultiHeadAttention(d_model, heads, score, window, dtype="float64")
    layer(*inputs(window))
    generator = np.random.default_rng(seed)
    for weight in layer.weights:
        weight.assign(generator.normal(size=weight.shape))
    return layer


def inputs(window=5, batch=3, d_fc=6, seed=0):
    generator = np.random.default_rng(seed)
    query = generator.normal(size=(batch, 1, d_fc))
    context, pairwise = generator.normal(size=(2, batch, window, d_fc))
    mask = (generator.random((batch, window)) < 0.3).astype(float)
    return query, context, pairwise, mask


def by_hand(layer, query, context, pairwise, mask):
    """The formulas once more, one variant and one head at a time."""

    def dense(x, name):
        projection = getattr(layer, name)
        return x @ projection.kernel.numpy() + projection.bias.numpy()

    depth = layer.d_model // layer.num_heads
    gathered = np.zeros((len(query), layer.d_model))
    for b in range(len(query)):
        q = dense(query[b], "wq")
        k = np.vstack([dense(context[b], "wk"), layer.bias_k[0]])
        v = np.vstack([dense(context[b], "wv"), layer.bias_v[0]])
        p = np.vstack([dense(pairwise[b], "w_pairwise"), layer.bias_pairwise[0]])
        for h in range(layer.num_heads):
            head = slice(h * depth, (h + 1) * depth)
            qh, kh, vh, ph = q[:, head], k[:, head], v[:, head], p[:, head]
            if layer.attn_score_type == "dot":
                logits = kh @ qh[0] + np.tanh(ph) @ layer.agg_pairwise.numpy()[0, h, 0]
            else:
                together = [np.tile(qh, (len(kh), 1)), kh, ph]
                evidence = sum(together) if layer.attn_score_type == "add" else np.hstack(together)
                logits = evidence @ layer.agg_v.numpy()[0, h, 0]
                logits = np.where(logits < 0, 0.2 * logits, logits)
            bias = np.append(layer.position_bias, layer.bias_position_bias)
            logits = logits / np.sqrt(depth) + bias + np.append(mask[b], 0) * -1e12
            share = np.exp(logits - logits.max())
            gathered[b, head] = share / share.sum() @ vh
    return dense(gathered, "out_proj")


@pytest.mark.parametrize("score", SCORE_TYPES)
@pytest.mark.parametrize("batch", [1, 3])
def test_the_formulas_by_hand(score, batch):
    layer = attention(score)
    given_ = inputs(batch=batch)
    np.testing.assert_allclose(layer(*given_), by_hand(layer, *given_), rtol=1e-9, atol=1e-12)


def test_intermediates_have_the_shapes_and_the_order_promised():
    shapes = {
        name: tuple(intermediate.shape)
        for name, intermediate in attention().trace(*inputs()).items()
    }
    assert shapes == {
        "q": (3, 2, 1, 4),
        "k": (3, 2, 6, 4),
        "v": (3, 2, 6, 4),
        "pairwise": (3, 2, 6, 4),
        "scores": (3, 2, 6),
        "attention": (3, 2, 6),
        "mha": (3, 8),
    }
    assert list(shapes) == ["q", "k", "v", "pairwise", "scores", "attention", "mha"]


@pytest.mark.parametrize("score", SCORE_TYPES)
def test_call_and_trace_are_one_computation(score):
    layer = attention(score)
    assert np.array_equal(layer(*inputs()), layer.trace(*inputs())["mha"])


def test_with_every_position_masked_the_learned_slot_alone_counts():
    query, context, pairwise, mask = inputs()
    intermediates = attention().trace(query, context, pairwise, np.ones_like(mask))
    assert np.array_equal(intermediates["attention"][..., :-1], np.zeros((3, 2, 5)))
    assert np.array_equal(intermediates["attention"][..., -1], np.ones((3, 2)))


@pytest.mark.slow
@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.sampled_from(SCORE_TYPES), st.integers(0, 2**31 - 1))
def test_attention_is_a_distribution_that_leaves_out_what_is_masked(score, seed):
    given_ = inputs(seed=seed)
    share = attention(score, seed=seed).trace(*given_)["attention"].numpy()
    np.testing.assert_allclose(share.sum(-1), 1, rtol=1e-12)
    assert not share[..., :-1][np.repeat(given_[3][:, np.newaxis], 2, axis=1) == 1].any()


@pytest.mark.slow
@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.sampled_from(SCORE_TYPES), st.permutations(range(5)))
def test_only_the_position_bias_knows_the_order_of_the_neighbors(score, order):
    layer = attention(score)
    query, context, pairwise, mask = inputs()
    expected = layer(query, context, pairwise, mask).numpy()
    layer.position_bias.assign(layer.position_bias.numpy()[..., order])
    moved = layer(query, context[:, order], pairwise[:, order], mask[:, order])
    np.testing.assert_allclose(moved, expected, rtol=1e-9, atol=1e-12)


def test_leaky_relu_is_tensorflows_in_float32_and_exact_in_float64():
    x = tf.constant([-3.0, -1e-30, -0.0, 0.0, 0.1, np.inf, -np.inf])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours, theirs = leaky_relu(x), tf.nn.leaky_relu(x, 0.2)
    assert np.array_equal(ours, theirs)
    assert np.array_equal(tape.gradient(ours, x), tape.gradient(theirs, x))
    assert float(leaky_relu(tf.constant(-1.0, tf.float64))) == -0.2


def test_an_unknown_score_type_and_heads_that_do_not_fit_are_errors():
    with pytest.raises(ConfigError, match="attn_score_type is 'sum'; allowed is one of add, nn"):
        MultiHeadAttention(8, 2, "sum")
    with pytest.raises(ConfigError, match="d_model is 8, which 3 heads cannot share equally"):
        MultiHeadAttention(8, 3)


def test_the_layer_can_be_made_again_from_its_config():
    config = MultiHeadAttention(8, 2, "nn", window=7).get_config()
    assert MultiHeadAttention.from_config(config).get_config() == config
