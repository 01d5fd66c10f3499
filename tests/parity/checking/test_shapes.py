"""Shapes of outputs and weights on both sides, and where they disagree."""

import numpy as np

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.checking.shapes import layer_shapes
from parity.declaring.layouts import dense
from parity.declaring.port import Built, Side


def shapes(port):
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection())
    pair = port.pairs[0]
    return {row.name: row for row in layer_shapes(checker, pair, pair.configs[0])}


def test_outputs_of_either_side_are_listed(toy):
    rows = shapes(toy(lambda x: {"mean": x.mean(-1, keepdims=True), "more": x}))
    assert rows["mean"].reference == (5,)
    assert rows["mean"].candidate == (5, 1)
    assert (rows["scaled"].candidate, rows["more"].reference) == (None, None)
    assert not any(row.agree for row in rows.values())


def test_a_weight_agrees_if_the_candidate_has_it(toy, swap):
    import torch

    def build(options, dtype):
        linear = torch.nn.Linear(7, 2).to(getattr(torch, dtype))
        parameters = {f"k.{name}": value for name, value in linear.named_parameters()}
        return Built(lambda inputs: {"y": linear(inputs["x"])}, parameters)

    def build_reference(options, dtype):
        kernel = torch.nn.Parameter(torch.zeros(7, 2, dtype=getattr(torch, dtype)))
        bias = torch.nn.Parameter(torch.zeros(2, dtype=getattr(torch, dtype)))
        parameters = {"n/kernel": kernel, "n/bias": bias}
        return Built(lambda inputs: {"y": inputs["x"] @ kernel + bias}, parameters)

    sides = {"reference": Side("torch", build_reference), "candidate": Side("torch", build)}
    rows = shapes(swap(toy(), "layer", weights=lambda options: dense("n", "k", 7, 2), **sides))
    assert (rows["n/kernel"].reference, rows["n/kernel"].candidate) == ((7, 2), (2, 7))
    assert rows["n/kernel"].transform == "transpose (1, 0)"
    assert all(row.agree for row in rows.values())
    assert np.prod(rows["y"].candidate) == 10
