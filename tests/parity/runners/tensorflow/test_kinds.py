"""The kind of a layer is told by the names and shapes of its weights, where they tell."""

import pytest

from parity.runners.tensorflow.kinds import kind_of


@pytest.mark.parametrize(
    ("shapes", "kind"),
    [
        ({"kernel": (3, 4), "bias": (4,)}, "Dense"),
        ({"kernel": (3, 2, 4)}, "Conv1D"),
        ({"kernel": (3, 3, 2, 4), "bias": (4,)}, "Conv2D"),
        ({"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}, "LSTM"),
        ({"kernel": (3, 6), "recurrent_kernel": (2, 6), "bias": (2, 6)}, "GRU"),
        ({"gamma": (4,), "beta": (4,)}, "LayerNormalization"),
        ({"beta": (4,), "moving_mean": (4,), "moving_variance": (4,)}, "BatchNormalization"),
        ({"embeddings": (9, 4)}, "Embedding"),
        ({"scale": (4,)}, "Module"),
        ({"kernel": (3, 10), "recurrent_kernel": (2, 10)}, "Module"),
    ],
)
def test_the_weights_tell_the_kind(shapes, kind):
    assert kind_of(shapes) == kind
