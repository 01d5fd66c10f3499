"""Outputs of any structure get names, alike in every framework."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.declaring.frameworks import runner
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.errors import StructureError
from parity.runners.outputs import UNNAMED, arrays, leaves

Pair = namedtuple("Pair", ["hidden", "cell"])
X = np.ones(2, np.float32)


@dataclass
class Held:
    logits: np.ndarray
    loss: np.ndarray | None


@pytest.mark.parametrize(
    ("outputs", "names"),
    [
        (X, [UNNAMED]),
        ((X, X), ["0", "1"]),
        ([X, {"deep": (X,)}], ["0", "1/deep/0"]),
        (Pair(X, X), ["hidden", "cell"]),
        ({"state": Pair(X, None), "y": X}, ["state/hidden", "y"]),
        (Held(X, None), ["logits"]),
        ({"count": 3, "rate": 0.1, "on": True}, ["count", "rate", "on"]),
        ({}, []),
    ],
)
def test_leaves_are_named_by_where_they_are(outputs, names):
    assert list(leaves(outputs)) == names


class Cache:
    """A cache of states as an object, with what is no tensor beside."""

    def __init__(self):
        self.layers, self.name, self._hidden = [Held(X, X)], "cache", X


class LegacyCache(Cache):
    def to_legacy_cache(self):
        return ((X, X),)


def test_objects_give_what_holds_tensors_and_caches_their_tuple_form():
    assert list(leaves({"cache": Cache()})) == ["cache/layers/0/logits", "cache/layers/0/loss"]
    assert list(leaves({"cache": LegacyCache()})) == ["cache/0/0", "cache/0/1"]
    around = Cache()
    vars(around)["layers"] = around
    with pytest.raises(StructureError, match="is of type Cache"):
        leaves(around)


NESTED = st.recursive(
    st.just(X), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner)
)


@given(NESTED)
def test_no_leaf_is_lost(outputs):
    def count(value):
        if isinstance(value, dict):
            return sum(map(count, value.values()))
        return sum(map(count, value)) if isinstance(value, list) else 1

    # Keys without a slash: with one, two leaves may come to the same name and are refused.
    assert len(leaves(outputs)) == count(outputs)


def test_what_is_no_tensor_is_refused_by_name():
    with pytest.raises(StructureError, match="the output 'a/0' is of type str; expected tensors"):
        leaves({"a": ["text"]})
    with pytest.raises(StructureError, match="two outputs are named 'a/0'"):
        leaves({"a": [X], "a/0": X})


def test_complex_outputs_are_judged_in_two_parts():
    found = arrays({"z": np.array([1 + 2j], np.complex64)}, "float32", np.asarray)
    assert {name: array.tolist() for name, array in found.items()} == {"z.real": [1], "z.imag": [2]}


def in_torch(options, dtype):
    import torch

    def call(inputs):
        x = inputs["x"]
        return {"half": x.to(torch.bfloat16), "parts": (x > 1, torch.complex(x, -x)), "n": 0.5}

    return Built(call)


def in_tensorflow(options, dtype):
    import tensorflow as tf

    def call(inputs):
        x = inputs["x"]
        return {"half": tf.cast(x, tf.bfloat16), "parts": (x > 1, tf.complex(x, -x)), "n": 0.5}

    return Built(call)


TASK = Task({}, {"x": np.array([1.01, 2.0], np.float32)}, {}, (), (), seed=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_frameworks_give_the_same_names_dtypes_and_values(dtype):
    traces = [
        runner(name).run(Side(name, build), "reference", TASK, dtype)
        for name, build in (("torch", in_torch), ("tensorflow", in_tensorflow))
    ]
    for trace in traces:
        assert list(trace.outputs) == ["half", "parts/0", "parts/1.real", "parts/1.imag", "n"]
        assert trace.stored_dtypes == {"half": "bfloat16"}
        assert trace.outputs["half"].tolist() == [1.0078125, 2.0]
        assert trace.outputs["n"].dtype == dtype
    for name, array in traces[0].outputs.items():
        assert array.dtype == traces[1].outputs[name].dtype
        np.testing.assert_array_equal(array, traces[1].outputs[name])


def test_gradients_pass_through_half_precision():
    for name, build in (("torch", in_torch), ("tensorflow", in_tensorflow)):
        task = Task({}, TASK.inputs, {}, (), ("half",), seed=0)
        (gradient,) = runner(name).run(Side(name, build), "reference", task, "float32").gradients
        assert gradient == "input/x"
