"""Keras' attention as four layers, whose heads lie side by side in PyTorch.

`test_fused_layers` pairs whole models.
"""

import numpy as np
import pytest

from parity.init.attention_heads import heads_layouts, with_heads
from parity.runners.whole_models import LayerWeight, ModelDescription, WeightedLayer

SHAPES = {
    "query/kernel": (6, 2, 3),
    "query/bias": (2, 3),
    "key/kernel": (6, 2, 3),
    "value/kernel": (6, 2, 3),
    "output/kernel": (2, 3, 6),
    "output/bias": (6,),
}
OWN = tuple(LayerWeight(f"m/{name}", shape) for name, shape in SHAPES.items())
ATTENTION = WeightedLayer("m", "MultiHeadAttention", OWN)
DENSE = WeightedLayer("d", "Dense", (LayerWeight("d/kernel", (6, 6)),))


def described(kind="Linear"):
    reference = ModelDescription((DENSE, ATTENTION), {})
    return with_heads(reference, ModelDescription((WeightedLayer("c", kind, ()),), {}))


def linear(*shape):
    weights = (LayerWeight("l.weight", shape), LayerWeight("l.bias", shape[:1]))
    return WeightedLayer("l", "Linear", weights)


def test_an_attention_is_four_layers_and_a_composite():
    found = described()
    assert [layer.path for layer in found.layers] == [
        "d",
        "m/query",
        "m/key",
        "m/value",
        "m/output",
    ]
    assert found.composites == (ATTENTION,)
    assert found.weights == [*DENSE.weights, *OWN]


def test_it_stays_whole_where_the_candidate_has_one_or_it_has_other_weights():
    assert described("MultiheadAttention").layers == (DENSE, ATTENTION)
    other = WeightedLayer("m", "MultiHeadAttention", (*OWN, LayerWeight("m/scale", (1,))))
    none = ModelDescription((), {})
    assert with_heads(ModelDescription((other,), {}), none).layers == (other,)


@pytest.mark.parametrize("ones", [(), (1,), (1, 1)])
def test_heads_lie_side_by_side_ordered_by_head_first(ones):
    """Products with the kernels are those with the matrices, in a Linear and in a convolution."""
    random = np.random.default_rng(1)
    query, output = described().layers[1], described().layers[-1]
    x, kernel = random.normal(size=(4, 6)), random.normal(size=(6, 2, 3))
    (layout,) = heads_layouts(query, linear(6, 6, *ones))
    matrix = layout.weights[0].forward(kernel)[0].reshape(6, 6)
    heads = np.einsum("bi,ihd->bhd", x, kernel)
    np.testing.assert_allclose(x @ matrix.T, heads.reshape(4, 6))
    kernel = random.normal(size=(2, 3, 6))
    (layout,) = heads_layouts(output, linear(6, 6, *ones))
    matrix = layout.weights[0].forward(kernel)[0].reshape(6, 6)
    np.testing.assert_allclose(
        heads.reshape(4, 6) @ matrix.T, np.einsum("bhd,hdo->bo", heads, kernel)
    )


def test_other_layers_and_shapes_have_no_heads():
    query = described().layers[1]
    assert heads_layouts(DENSE, linear(6, 6)) == []
    assert heads_layouts(query, linear(5, 6)) == []
