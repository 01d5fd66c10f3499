"""PyTorch's operations in float32 are seen; constants and casts to float64 are not."""

import math

import numpy as np
import pytest
import torch

from parity.declaring.float32_watch import Float32Watch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners.torch import run

X = np.random.default_rng(1).normal(size=(2, 4, 5, 3)).astype("float32")


def seen(function, seed=0):
    watch = Float32Watch("exact", seed=seed)
    side = Side("torch", lambda o, dtype: Built(lambda given: {"y": function(given["x"])}))
    trace = run(side, "candidate", Task({}, {"x": X}, {}, (), None, 1), "float64", watch)
    return [each.operation for each in watch.operations], trace


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: torch.sin(x) * 0.1 + math.pi, []),
        (lambda x: x * torch.arange(3.0).sqrt().to(x.dtype), []),
        (lambda x: (x / 3).float().double(), ["_to_copy"]),
        (lambda x: torch.sin((x / 3).float()), ["_to_copy", "sin"]),
        # The inputs are float32 numbers, so that nothing is rounded.
        (lambda x: x.float().double(), []),
        (lambda x: (x > 0).float() + torch.trunc(x).float(), []),
    ],
    ids=["float64", "constants", "there and back", "a cast", "an exact cast", "whole numbers"],
)
def test_operations_are_seen(function, expected):
    assert seen(function)[0] == expected


def test_views_and_writes_in_place_are_not_moved_twice():
    def function(x):
        single = (x / 3).float()
        return single.reshape(-1).add_(1.0).reshape(x.shape).to(x.dtype)

    _, before = seen(function)
    _, after = seen(function, seed=1)
    gap = np.abs(after.outputs["y"] - before.outputs["y"]) / (np.abs(X) + 1)
    assert 0 < gap.max() < 3e-7
