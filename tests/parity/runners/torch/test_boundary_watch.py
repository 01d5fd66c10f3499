"""Numbers that PyTorch's operations compare data with are seen; others are not."""

import pytest
import torch
from torch.nn import functional

from parity.declaring.boundary_watch import BoundaryWatch
from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.runners.torch import run

EDGES = torch.tensor([-1.5, 0.25, 3.0])


@pytest.mark.parametrize(
    ("call", "seen"),
    [
        (lambda x: x.clamp(-3, 2.5), {-3.0, 2.5}),
        (functional.relu6, {0.0, 6.0}),
        (lambda x: torch.where(x >= 0.75, x, 0), {0.75}),
        (lambda x: torch.bucketize(x, EDGES), {-1.5, 0.25, 3.0}),
        (lambda x: torch.remainder(x, 4.5), {4.5}),
        (lambda x: x * 7 + 5, set()),
    ],
)
def test_numbers_that_data_are_compared_with(call, seen):
    watch = BoundaryWatch("exact")
    side = Side("torch", lambda options, dtype: Built(lambda inputs: {"y": call(inputs["x"])}))
    run(
        side,
        "candidate",
        Task({}, {"x": torch.ones(2, 3).numpy()}, {}, (), (), 1),
        "float32",
        watch,
    )
    assert set(watch.numbers) == seen
