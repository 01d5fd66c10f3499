"""Scripted, traced or compiled candidates, and other numbers of threads, change nothing."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn
from torch.nn import functional

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.layouts import dense
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.judging.verdict import Verdict

WEIGHTS = dense("inner", "inner", 6, 5)
EXAMPLE = torch.ones(4, 3, 6)


class Net(nn.Module):
    def __init__(self, slope: float = 0.2) -> None:
        super().__init__()
        self.inner = nn.Linear(6, 5)
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = functional.leaky_relu(self.inner(x), self.slope)
        return functional.gelu(hidden).softmax(-1).cumsum(1)


def reference(options, dtype):
    kernel, bias = (tf.Variable(tf.ones(shape, dtype)) for shape in ((6, 5), (5,)))

    def call(inputs):
        hidden = tf.nn.leaky_relu(tf.einsum("blf,fm->blm", inputs["x"], kernel) + bias, 0.2)
        return {"y": tf.cumsum(tf.nn.softmax(tf.nn.gelu(hidden)), 1)}

    return Built(call, {"inner/kernel": kernel, "inner/bias": bias})


def verdict(form, slope=0.2, threads=None):
    """Check the module in a form, with gradients, in as many threads."""

    def candidate(options, dtype):
        net = Net(slope).to(getattr(torch, dtype)).eval()
        formed = form(net, EXAMPLE.to(getattr(torch, dtype)))
        return Built(lambda inputs: {"y": formed(inputs["x"])}, dict(net.named_parameters()))

    pair = Pair(
        "layer",
        Side("tensorflow", reference),
        Side("torch", candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: WEIGHTS,
    )

    def load(source, seed, count):
        drawn = np.random.default_rng(seed).normal(size=(count, 3, 6))
        return InputSet("drawn", {"x": drawn.astype(np.float32)})

    port = Port("formed", (pair,), load)
    checker = Checker(port, load(None, 1, 4), Selection(gradients=True))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads or before)
        return checker.run(pair, pair.configs[0], "isolated").verdict
    finally:
        torch.set_num_threads(before)


FORMS = {
    "as it is": lambda net, x: net,
    "scripted": lambda net, x: torch.jit.script(net),
    "traced": lambda net, x: torch.jit.trace(net, x),
    "compiled": lambda net, x: torch.compile(net, backend="eager"),
    "compiled through autograd": lambda net, x: torch.compile(net, backend="aot_eager"),
    "traced by fx": lambda net, x: torch.fx.symbolic_trace(net),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.filterwarnings("ignore")
def test_a_right_module_passes_in_every_form_and_a_wrong_one_in_none(name):
    assert verdict(FORMS[name]).passes
    assert verdict(FORMS[name], slope=0.2001) is Verdict.DIFFERENT


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_the_number_of_threads_changes_no_verdict(threads):
    assert verdict(FORMS["as it is"], threads=threads).passes
    assert verdict(FORMS["as it is"], slope=0.2001, threads=threads) is Verdict.DIFFERENT
