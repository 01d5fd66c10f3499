"""Flattened images, whose channels come last in the reference and first in the candidate.

`test_projections` pairs whole models.
"""

import numpy as np
import pytest

from parity.init.images import (
    channels_last,
    image_layouts,
    is_flattened,
    returned_channels,
    with_channels,
)
from parity.init.layouts import known_layout
from parity.runners.whole_models import LayerWeight, ModelDescription, WeightedLayer


def layer(kind, path, separator, inputs, output, **shapes):
    own = (LayerWeight(f"{path}{separator}{name}", shape) for name, shape in shapes.items())
    return WeightedLayer(path, kind, tuple(own), {}, (inputs,), output)


BEFORE = layer("Conv2D", "b", "/", (4, 5, 6, 3), (4, 5, 6, 8))
AFTER = layer("Conv2D", "a", "/", (4, 4, 3, 2), (4, 4, 3, 5))
DENSE = layer("Dense", "d", "/", (4, 240), (4, 24), kernel=(240, 24), bias=(24,))
NORM = layer(
    *("BatchNormalization", "n", "/", (4, 24), (4, 24)),
    **{"gamma": (24,), "beta": (24,), "moving_mean": (24,), "moving_variance": (24,)},
)
LINEAR = layer("Linear", "l", ".", (4, 240), (4, 24), weight=(24, 240), bias=(24,))
TORCHS = layer(
    *("BatchNorm1d", "m", ".", (4, 24), (4, 24)),
    **{"weight": (24,), "bias": (24,), "running_mean": (24,), "running_var": (24,)},
)


def test_a_layer_on_vectors_knows_how_many_channels_an_image_in_them_may_have():
    found = with_channels(ModelDescription((BEFORE, DENSE, NORM, AFTER), {})).layers
    assert found[1].settings == {"flattened": (8,), "image": (2,)}
    assert found[2].settings == {"flattened": (8,), "image": (2,)}
    assert (found[0], found[3]) == (BEFORE, AFTER)
    alone = with_channels(ModelDescription((DENSE,), {})).layers
    assert alone[0].settings == {"flattened": (), "image": ()}


def layouts_of(reference, candidate):
    model = with_channels(ModelDescription((BEFORE, reference, AFTER), {}))
    return image_layouts(model.layers[1], known_layout(reference, candidate))


def test_a_dense_may_take_an_image_or_return_one_or_both():
    found = layouts_of(DENSE, LINEAR)
    keywords = [dict(layout.calls[0].keywords) for layout in found]
    assert keywords == [{"channels": 8}, {"image": 2}, {"channels": 8, "image": 2}]
    assert [is_flattened(layout) for layout in found] == [True, False, True]
    assert [returned_channels(layout) for layout in found] == [0, 2, 2]
    assert all(layout.fits(DENSE, LINEAR) for layout in found)


def test_a_normalization_of_a_flattened_image_has_its_vectors_reordered():
    found = layouts_of(NORM, TORCHS)
    assert [returned_channels(layout) for layout in found] == [8, 2]
    assert all(layout.fits(NORM, TORCHS) for layout in found)
    assert [weight.positive for weight in found[0].weights] == [False, False, False, True]


@pytest.mark.parametrize("places", [1, 6])
def test_a_returned_image_is_the_references(places):
    """The outputs of both layers are the same image, in both orders."""
    random = np.random.default_rng(1)
    x, kernel = random.normal(size=(2, 5)), random.normal(size=(5, 4 * places))
    bias = random.normal(size=4 * places)
    dense = layer("Dense", "d", "/", (2, 5), kernel.shape, kernel=kernel.shape, bias=bias.shape)
    linear = layer("Linear", "l", ".", (2, 5), None, weight=kernel.shape[::-1], bias=bias.shape)
    after = layer("Conv2D", "a", "/", (2, places, 1, 4), None)
    model = with_channels(ModelDescription((dense, after), {}))
    found = image_layouts(model.layers[0], known_layout(dense, linear))
    assert len(found) == (places > 1)
    for layout in found:
        rows, moved = (
            one.forward(array)[0] for one, array in zip(layout.weights, (kernel, bias), strict=True)
        )
        ours, theirs = x @ kernel + bias, x @ rows.T + moved
        first = ours.reshape(2, places, 4).transpose(0, 2, 1)
        np.testing.assert_allclose(theirs.reshape(2, 4, places), first)
        np.testing.assert_allclose(channels_last(theirs, 4), ours)
