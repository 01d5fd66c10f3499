"""Neighbours of a case show what its own run hides by luck: a norm of one number everywhere."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from parity.checking.perturbed_runs import nearby_task
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.trace import Task
from parity.declaring.weight import Weight


class Norm:
    """A norm over the last axis and a dense layer; the norm written out, or PyTorch's own."""

    def __init__(self, dtype: str, own: bool, epsilon: float) -> None:
        make = {"dtype": getattr(torch, dtype), "requires_grad": True}
        self.gamma, self.beta = torch.zeros(12, **make), torch.zeros(12, **make)
        self.kernel = torch.zeros(12, 20, **make)
        self.own, self.epsilon = own, epsilon

    def __call__(self, inputs):
        return {"y": self.normed(inputs["x"]) @ self.kernel}

    def normed(self, x):
        if self.own:
            return functional.layer_norm(x, (12,), self.gamma, self.beta, self.epsilon)
        mean = x.mean(-1, keepdim=True)
        factor = (x.var(-1, keepdim=True, correction=0) + self.epsilon).rsqrt()
        return (x - mean) * factor * self.gamma + self.beta


def norm_port(x: np.ndarray, epsilon: float = 1e-3) -> Port:
    shapes = {"gamma": (12,), "beta": (12,), "kernel": (12, 20)}

    def side(*built):
        def build(options, dtype):
            norm = Norm(dtype, *built)
            return Built(norm, {name: getattr(norm, name) for name in shapes})

        return Side("torch", build)

    weights = tuple(Weight(name, shape, (name,)) for name, shape in shapes.items())
    pair = Pair(
        "norm",
        side(False, 1e-3),
        side(True, epsilon),
        (Configuration("default", {}),),
        lambda given: {"x": x},
        weights=lambda options: weights,
    )
    return Port("norm", (pair,), lambda source, seed, count: InputSet("none", {}))


@pytest.mark.parametrize("level", [0.1, 100.0, -1e4, 12345.678])
@pytest.mark.parametrize("rows", [1, 3])
def test_no_alarm_for_a_norm_of_the_same_number_everywhere(run_case, level, rows):
    """The reference is exact there by luck: none of its inputs is, a step away."""
    x = np.full((rows, 7, 12), level, np.float32)
    x[:, -1] = 0
    for seed in range(6):
        case = run_case(norm_port(x), gradients=True, seed=seed)
        assert case.verdict.passes, case
        wrong = run_case(norm_port(x, 1.001e-3), gradients=True, seed=seed)
        assert not wrong.verdict.passes


def test_a_nearby_task_moves_weights_and_inputs_and_leaves_masks():
    x, mask, ids = np.full((3, 2), 0.3, np.float32), np.eye(3, dtype=np.float32), np.arange(4)
    task = Task({}, {"x": x, "mask": mask, "ids": ids}, {"w": x}, (), (), 1)
    nearby = nearby_task(task)
    for one, other in ((nearby.inputs["x"], x), (nearby.weights["w"], x)):
        assert one.dtype == other.dtype
        assert (one < other).all()
        assert (one > 0.999 * other).all()
    assert (nearby.inputs["mask"] == mask).all()
    assert (nearby.inputs["ids"] == ids).all()
