"""Which layers both models have, and in which order of axes."""

import pytest

from parity.declaring.model_sides import Layer
from parity.init.comparable_layers import comparable_layer, comparable_layers
from parity.runners.whole_models import WeightedLayer


def layer(path, kind="Dense", inputs=((4, 3),), output=(4, 5), **settings):
    return WeightedLayer(path, kind, (), settings, inputs, output)


def test_what_takes_several_tensors_can_be_compared_within_the_model_only():
    two = layer("b", inputs=((4, 3),) * 2)
    assert comparable_layer(layer("a"), two, several=True) == Layer("a", "b")
    assert comparable_layers([(layer("a"), two, None)]) == [Layer("a", "b")]


def test_what_is_padded_before_one_layer_can_be_compared_within_the_model_only():
    padded = layer("a", "Conv2D", inputs=((4, 10, 11, 3),), output=(4, 8, 9, 5))
    inside = layer("b", "Conv2d", inputs=((4, 3, 8, 9),), output=(4, 5, 8, 9))
    assert comparable_layer(padded, inside, several=True) == Layer("a", "b", "channels first")
    assert isinstance(comparable_layer(padded, inside), str)
    more = layer("b", "Conv2d", inputs=((4, 4, 8, 9),), output=(4, 5, 8, 9))
    assert isinstance(comparable_layer(padded, more, several=True), str)


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (layer("b"), Layer("a", "b")),
        (layer("b", inputs=()), "the candidate does not call it separately"),
        (layer("b", inputs=((4, 3),) * 2), "takes 2 tensors in the candidate"),
        (layer("b", output=(4, 6)), r"takes (4, 3) and returns (4, 5) in the reference"),
        (layer(""), "is the whole model itself"),
    ],
)
def test_which_layers_can_be_compared(candidate, expected):
    found = comparable_layer(layer("a"), candidate)
    if isinstance(expected, str):
        assert isinstance(found, str)
        assert expected in found
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("reference", "candidate", "order", "last"),
    [
        (
            layer("a", inputs=((4, 8, 9, 3),), output=(4, 8, 9, 5)),
            layer("b", "Conv2d", ((4, 3, 8, 9),), (4, 5, 8, 9)),
            "channels first",
            False,
        ),
        (
            layer("a", inputs=((4, 6, 3),), output=(4, 6, 5)),
            layer("b", "LSTM", ((6, 4, 3),), (6, 4, 5), batch_first=False),
            "time first",
            False,
        ),
        (
            layer("a", inputs=((4, 6, 3),), output=(4, 5)),
            layer("b", "LSTM", ((4, 6, 3),), (4, 6, 5)),
            "same",
            True,
        ),
    ],
)
def test_orders_of_axes_follow_from_shapes(reference, candidate, order, last):
    assert comparable_layer(reference, candidate) == Layer("a", "b", order, last)


def test_what_runs_backwards_or_ends_in_both_directions_is_checked_in_the_whole():
    steps = layer("a", inputs=((4, 6, 3),), output=(4, 5), go_backwards=True)
    reason = comparable_layer(steps, layer("b"))
    assert isinstance(reason, str)
    assert "runs backwards" in reason
    both = layer("b", "LSTM", ((4, 6, 3),), (4, 6, 5), bidirectional=True)
    last = layer("a", inputs=((4, 6, 3),), output=(4, 5))
    reason = comparable_layer(last, both)
    assert isinstance(reason, str)
    assert "the last step of either direction" in reason
