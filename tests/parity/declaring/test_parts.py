"""Pairs of models whose layers are methods, called by name on both sides."""

from typing import Any

import pytest
import torch

from parity.declaring.layouts import dense
from parity.declaring.parts import pair


class Reference:
    def __init__(self, dtype):
        self.dtype = dtype

    def parameters(self):
        return {"head/kernel": f"kernel in {self.dtype}", "head/bias": "bias", "other": "unused"}

    def head(self, x):
        return {"y": x + 1}


class Candidate(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.other = torch.nn.Linear(2, 2)

    def head(self, x):
        return {"y": self.linear(x), "training": self.training}


@pytest.fixture
def head():
    weights = dense("head", "linear", 3, 2)
    return pair("head", Reference, Candidate, weights, lambda given: {}, ("head",))


def test_intermediates_are_accepted_by_their_old_name(head):
    by_old_name: Any = pair
    weights = dense("head", "linear", 3, 2)
    made = by_old_name("head", Reference, Candidate, weights, lambda given: {}, stages=("head",))
    assert made.intermediates == head.intermediates == ("head",)


def test_the_reference_is_made_in_the_dtype_and_has_the_weights_of_the_layer_alone(head):
    built = head.reference.build({}, "float64")
    assert built.parameters == {"head/kernel": "kernel in float64", "head/bias": "bias"}
    assert built.call({"x": 1}) == {"y": 2}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_candidate_is_converted_and_in_evaluation(head, dtype):
    built = head.candidate.build({}, dtype)
    assert set(built.parameters) == {"linear.weight", "linear.bias"}
    outputs = built.call({"x": torch.zeros(1, 3, dtype=getattr(torch, dtype))})
    assert outputs["y"].dtype == getattr(torch, dtype)
    assert outputs["training"] is False


def test_an_old_name_of_the_intermediates_is_accepted(head):
    assert head.intermediates == ("head",)


def test_a_weight_that_the_candidate_lacks_is_an_error():
    lost = pair("head", Reference, Candidate, dense("head", "gone", 3, 2), lambda given: {})
    with pytest.raises(KeyError, match=r"gone\.weight"):
        lost.candidate.build({}, "float32")
