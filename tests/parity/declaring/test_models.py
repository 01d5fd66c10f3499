"""Ports of two whole models: which pairs they have, and on what numbers they run."""

import numpy as np
import pytest

from parity.declaring.domains import Domain
from parity.declaring.inputs import InputSet
from parity.declaring.layouts import dense
from parity.declaring.model_inputs import Input, draw_inputs
from parity.declaring.model_sides import Layer
from parity.declaring.models import port
from parity.declaring.port import Given
from parity.declaring.training import Training, TrainingSide
from parity.errors import ParityError

INPUTS = {"x": Input((3,)), "codes": Input((2, 4), "int64", below=5), "mask": Input((2,), "bool")}


def declared(*layers, **rest):
    weights = (*dense("a", "k.a", 3, 2), *dense("ab", "k.b", 2, 1))
    return port(
        "mine", "ref.py:make", "cand.py:Net", beside="/folder/port.py", inputs=INPUTS,
        weights=weights, layers=layers, **rest,
    )  # fmt: skip


def test_inputs_are_drawn_by_name_and_seed_in_their_dtypes():
    drawn = draw_inputs(INPUTS, 1, 6)
    assert {k: (v.shape, str(v.dtype)) for k, v in drawn.items()} == {
        "x": ((6, 3), "float32"),
        "codes": ((6, 2, 4), "int64"),
        "mask": ((6, 2), "bool"),
    }
    assert set(np.unique(drawn["codes"])) == set(range(5))
    alone = draw_inputs({"x": INPUTS["x"]}, 1, 6)
    np.testing.assert_array_equal(alone["x"], drawn["x"])
    assert not np.array_equal(draw_inputs(INPUTS, 2, 6)["x"], drawn["x"])


def test_each_layer_is_a_pair_with_its_own_weights_and_the_model_is_the_last():
    found = declared(Layer("a", "k.a"), exempt={"b": "no weights"})
    assert found.layers == ["a", "model"]
    assert found.whole == "model"
    assert found.exempt == {"b": "no weights"}
    layer, whole = found.pairs
    assert [w.name for w in layer.weights({})] == ["a/kernel", "a/bias"]
    assert len(whole.weights({})) == 4
    assert layer.intermediates == ("a",)
    assert (layer.reference.framework, layer.candidate.framework) == ("tensorflow", "torch")


def test_a_layer_that_is_called_model_leaves_its_name_to_itself():
    assert declared(Layer("model", "k")).whole == "whole model"


def test_a_layer_runs_on_the_input_that_it_has_in_the_reference():
    pair = declared(Layer("a", "k.a")).pairs[0]
    inputs = InputSet("drawn", {"x": np.zeros((1, 3))})
    given = Given(inputs, pair.configs[0], 1, lambda: {"a/input": np.ones(2)})
    assert pair.inputs(given)["input"].tolist() == [1, 1]


@pytest.mark.parametrize("count", [1, 3])
def test_records_of_the_port_are_drawn(count):
    assert declared().load_inputs(None, 1, count).records == count


def test_trainings_are_those_of_the_port():
    training = Training(
        "sgd",
        TrainingSide("tensorflow", lambda options, dtype: None),
        TrainingSide("torch", lambda options, dtype: None),
        lambda options: (),
    )
    assert declared(trainings=(training,)).trainings == (training,)
    assert declared().trainings == ()


def test_a_fixed_batch_is_drawn_whatever_number_is_asked_for_and_said():
    fixed = declared(batch=8)
    assert fixed.batch == 8
    drawn = fixed.load_inputs(None, 1, 10)
    assert (drawn.records, drawn.note) == (8, "every run takes 8")
    assert fixed.load_inputs(None, 1, 8).note == ""
    assert declared().load_inputs(None, 1, 10).records == 10
    with pytest.raises(ParityError, match="batch=0; expected 1 or more"):
        declared(batch=0)


def test_domains_are_declared_for_the_model_and_for_the_inputs_of_its_layers():
    own, of_layer = Domain("x", 0, 1), Domain("a/input", -2, 2)
    layer, whole = declared(Layer("a", "k.a"), domains=(own, of_layer)).pairs
    assert layer.domains == (Domain("input", -2, 2),)
    assert whole.domains == (own, Domain("codes", 0, 4, integer=True))
    with pytest.raises(ParityError, match="unknown input of a domain 'a/inputs'; did you mean a/"):
        declared(Layer("a", "k.a"), domains=(Domain("a/inputs"),))
