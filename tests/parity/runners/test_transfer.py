"""Both frameworks' runners: weights go in strictly and once, gradients come home."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from parity.declaring.frameworks import runner
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.errors import ParityError, StructureError, UnavailableError
from parity.runners.transfer import cotangents


def dense_in_torch(options, dtype):
    import torch

    kernel = torch.zeros(3, 2, dtype=getattr(torch, dtype), requires_grad=True)

    def call(inputs):
        return {"y": inputs["x"] @ kernel.mT, "size": torch.tensor(inputs["x"].shape[0])}

    return Built(call, {"weight": kernel})


def dense_in_tensorflow(options, dtype):
    import tensorflow as tf

    kernel = tf.Variable(tf.zeros((2, 3), dtype))

    def call(inputs):
        return {"y": inputs["x"] @ kernel, "size": tf.constant(inputs["x"].shape[0], tf.int64)}

    return Built(call, {"kernel": kernel})


TRANSPOSED = Weight(
    "kernel",
    (2, 3),
    ("weight",),
    "transpose",
    lambda array: (np.ascontiguousarray(array.T),),
    lambda arrays: arrays[0].T,
)


@dataclass(frozen=True)
class Framework:
    side: Side

    @property
    def role(self) -> str:
        return "reference" if self.side.framework == "tensorflow" else "candidate"

    def run(self, task, dtype="float32"):
        return runner(self.side.framework).run(self.side, self.role, task, dtype)


@pytest.fixture(params=["torch", "tensorflow"])
def framework(request):
    build = {"torch": dense_in_torch, "tensorflow": dense_in_tensorflow}[request.param]
    return Framework(Side(request.param, build))


KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)
TASK = Task({}, {"x": np.ones((4, 2), np.float32)}, {"kernel": KERNEL}, (TRANSPOSED,), None, seed=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_outputs_and_gradients_are_in_the_references_layout(framework, dtype):
    trace = framework.run(TASK, dtype)
    np.testing.assert_array_equal(trace.outputs["y"], np.ones((4, 2)) @ KERNEL)
    assert trace.outputs["y"].dtype == dtype
    assert trace.outputs["size"] == 4
    assert trace.gradients["weight/kernel"].shape == (2, 3)
    assert trace.gradients["input/x"].shape == (4, 2)
    assert set(trace.named()) == {"y", "size", "grad/weight/kernel", "grad/input/x"}


def test_both_frameworks_agree_on_gradients():
    one = Framework(Side("torch", dense_in_torch)).run(TASK)
    other = Framework(Side("tensorflow", dense_in_tensorflow)).run(TASK)
    for name, gradient in one.gradients.items():
        np.testing.assert_allclose(gradient, other.gradients[name], rtol=1e-6)


def test_without_gradients_none_are_taken(framework):
    assert framework.run(replace(TASK, differentiate=())).gradients == {}


def test_an_output_to_differentiate_that_is_not_there_is_refused(framework):
    with pytest.raises(StructureError, match="no floating output named z"):
        framework.run(replace(TASK, differentiate=("z",)))


def test_weights_are_not_broadcast(framework):
    """A (1, 3) array would fill a (2, 3) weight with equal rows, and nobody would know."""
    row = np.ones((1, 3), np.float32)
    with pytest.raises(StructureError, match="has shape"):
        framework.run(replace(TASK, weights={"kernel": row}))


def test_every_weight_of_the_layer_must_be_given(framework):
    with pytest.raises(StructureError, match="in the layer but not in the weight map"):
        framework.run(replace(TASK, weights={}, weight_map=()))


def test_every_weight_given_must_be_in_the_layer(framework):
    more = replace(TRANSPOSED, name="more", keys=("more",))
    with pytest.raises(StructureError, match="in the weight map but not in the layer"):
        framework.run(
            replace(TASK, weights={"kernel": KERNEL, "more": KERNEL}, weight_map=(TRANSPOSED, more))
        )


def test_one_parameter_given_twice_is_refused():
    twice = replace(TRANSPOSED, name="again")
    task = replace(
        TASK, weights={"kernel": KERNEL, "again": KERNEL}, weight_map=(TRANSPOSED, twice)
    )
    with pytest.raises(StructureError, match="names candidate parameter 'weight' twice"):
        Framework(Side("torch", dense_in_torch)).run(task)


def test_inputs_are_left_alone(framework):
    before = TASK.inputs["x"].copy()
    framework.run(TASK)
    np.testing.assert_array_equal(TASK.inputs["x"], before)


def test_an_unknown_framework_is_a_fault_of_the_declaration():
    with pytest.raises(ParityError, match="no runner for framework 'jax'"):
        runner("jax")


def test_a_framework_that_is_not_installed_is_named_with_the_way_to_get_it(monkeypatch):
    import sys

    monkeypatch.delitem(sys.modules, "parity.runners.tensorflow", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UnavailableError, match=r"tensorflow is not installed.*\[tensorflow\]"):
        runner("tensorflow")


def test_cotangents_that_are_given_are_not_drawn():
    given = {"y": np.ones(3)}
    task = Task({}, {}, {}, (), None, 1, cotangents=lambda floating: given)
    assert cotangents(task, {"y": (3,)}) is given
