"""Whole models as any framework's runner describes them: names, tensors and orders of axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring.model_sides import Layer
from parity.errors import StructureError
from parity.runners.whole_models import (
    LayerCall,
    LayerWeight,
    WeightedLayer,
    axes_to_candidate,
    axes_to_reference,
    first_tensor,
    named_tensors,
    output_name,
)

X = np.ones((2, 3))


def test_a_weight_is_found_by_the_end_of_its_name_at_a_component():
    dense = WeightedLayer("d", "Dense", (LayerWeight("d/sub_kernel", (2,)),))
    assert dense.weight("kernel") is None
    assert dense.weight("sub_kernel").name == "d/sub_kernel"
    assert WeightedLayer("d", "Linear", (LayerWeight("d.a.weight", (2,)),)).weight("a/weight")


def test_layers_of_one_path_are_told_apart_by_name():
    assert WeightedLayer("rnn", "GRU", ()).name == "rnn"
    assert WeightedLayer("rnn", "GRU", (), {"which": "l1"}).name == "rnn (l1)"


def test_the_models_output_has_a_name_of_its_own():
    assert output_name([Layer("dense", "d")]) == "output"
    assert output_name([Layer("output", "o")]) == "result"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (X, ["y"]),
        ([X, None, X], ["y/0", "y/2"]),
        ({"a": (X, 3), "b": {"c": X}}, ["y/a/0", "y/b/c"]),
    ],
)
def test_tensors_are_named_by_where_they_are(value, names):
    assert list(named_tensors(value, "y", np.ndarray)) == names


@pytest.mark.parametrize("value", [None, 3, [None, {"a": 1}]])
def test_an_output_without_a_tensor_is_refused(value):
    assert first_tensor(value, np.ndarray) is None
    with pytest.raises(StructureError, match=f"returns no tensor, but {type(value).__name__}"):
        named_tensors(value, "y", np.ndarray)


def test_the_first_tensor_is_the_first_in_any_nesting():
    other = np.zeros(1)
    assert first_tensor({"a": [None, (other, X)], "b": X}, np.ndarray) is other


def test_shapes_of_a_call_and_of_none():
    assert LayerCall.shapes(LayerCall([X, X[0]], X)) == (((2, 3), (3,)), (2, 3))
    assert LayerCall.shapes(None) == ((), None)


@given(st.sampled_from(["same", "channels first", "time first"]), st.integers(0, 5))
def test_the_two_permutations_undo_each_other(order, rank):
    array = np.zeros(tuple(range(2, 2 + rank)))
    there = array.transpose(axes_to_candidate(order, rank))
    assert there.transpose(axes_to_reference(order, rank)).shape == array.shape


def test_orders_of_axes():
    image = np.zeros((8, 3, 4, 5))
    assert image.transpose(axes_to_reference("channels first", 4)).shape == (8, 4, 5, 3)
    assert image.transpose(axes_to_reference("time first", 4)).shape == (3, 8, 4, 5)
    assert axes_to_reference("channels first", 2) == (0, 1)
