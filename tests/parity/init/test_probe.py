"""A map is tried on both models, and the layers that both have are compared."""

import pytest

from parity.declaring.models import Layer
from parity.init.layouts import Layout, LayoutCall
from parity.init.probe import Trial, comparable_layer
from parity.runners.whole_models import WeightedLayer


def layer(path, kind="Dense", inputs=((4, 3),), output=(4, 5), **settings):
    return WeightedLayer(path, kind, (), settings, inputs, output)


def transposed(reference, candidate):
    return Layout((LayoutCall("transposed", (reference, (3, 3), candidate, (1, 0))),))


def pairings(probe, order):
    theirs = {weight.name: x for x in probe.candidate.layers for weight in x.weights}
    return [
        (ours, theirs[key], transposed(ours.weights[0].name, key))
        for ours, key in zip(probe.reference.layers, order, strict=True)
    ]


def test_the_right_map_agrees_in_every_layer_and_a_wrong_one_in_none(make_probe):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])
    right = probe.try_map(pairings(probe, ["a.weight", "b.weight"]))
    assert right.agrees
    assert right.score == right.full_score == 6
    assert right.confirms("one")
    wrong = probe.try_map(pairings(probe, ["b.weight", "a.weight"]))
    assert not wrong.agrees
    assert wrong.outputs["output"] > 1e-2
    assert probe.runs == 2


def test_a_weight_left_out_of_the_map_makes_no_agreement(make_probe):
    probe = make_probe(["one/kernel"], ["a.weight"])
    assert probe.try_map([]).score == 0


def test_every_weight_of_a_chain_influences_its_output(make_probe):
    ours, theirs = make_probe(["one/kernel"], ["a.weight"]).influences()
    assert ours == {"one/kernel": {0}}
    assert theirs == {"a.weight": {0}}


def test_a_layer_that_agrees_only_on_the_right_input_counts_half():
    trial = Trial({"output": 1.0}, {"one": 0.0, "two": 1.0}, {"two": 0.0})
    assert (trial.score, trial.full_score) == (3, 6)
    assert trial.error("two") == 0.0
    assert trial.confirms("two")
    assert not trial.agrees
    assert not Trial({}, {}).agrees


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
