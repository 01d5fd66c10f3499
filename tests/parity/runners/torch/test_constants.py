"""PyTorch's constants, exact or rounded to float32: what changes, and what must not."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from parity.declaring.constants import ConstantChanges
from parity.runners.torch import track_constants

X = np.random.default_rng(3).normal(size=(20, 8)).astype("float32").astype("float64") * 4
FACTOR = np.random.default_rng(4).normal(size=(20, 8)).astype("float32").astype("float64")


def single(value):
    """The nearest float32, as a Python number."""
    return float(np.float32(value))


def run(make, state, skip=frozenset()):
    """Output, gradient and changes of a function, or module, of one input in float64."""
    changes = ConstantChanges(state, skip) if state else None
    with track_constants(changes) as tracker:
        function = make()
        if isinstance(function, nn.Module):
            function = function.double()
        with tracker.given():
            x, factor = torch.tensor(X, requires_grad=True), torch.tensor(FACTOR)
        y = function(x)
        (gradient,) = torch.autograd.grad((y * factor).sum(), x)
    return y.detach().numpy(), gradient.numpy(), changes.found if changes else {}


def same(one, other):
    return all(
        np.abs(a - b).max() < 1e-14 * np.abs(b).max() for a, b in zip(one, other, strict=True)
    )


def agree(make, state, wanted):
    """Whether a function in a state does as another does without any change."""
    found, right = run(make, state), run(lambda: wanted, None)
    return same(found[:2], right[:2])


def exact_gelu(x, root):
    return 0.5 * x * (1 + torch.erf(x * root))


ROUNDED = {
    "argument": (lambda x: F.leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, single(0.2))),
    "operand": (lambda x: torch.sin(x * 0.1), lambda x: torch.sin(x * single(0.1))),
    "epsilon": (
        lambda x: F.layer_norm(x, (8,), eps=1e-3),
        lambda x: F.layer_norm(x, (8,), eps=single(1e-3)),
    ),
    "gelu": (F.gelu, lambda x: exact_gelu(x, single(math.sqrt(0.5)))),
    "gelu by tanh": (
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: (
            0.5
            * x
            * (1 + torch.tanh(single(math.sqrt(2 / math.pi)) * (x + single(0.044715) * x**3)))
        ),
    ),
    "a tensor": (
        lambda x: x * torch.tensor(0.3, dtype=torch.float64).sqrt(),
        lambda x: x * single(math.sqrt(0.3)),
    ),
    "computed": (
        lambda x: x + torch.arange(8, dtype=torch.float64).div(7).cos(),
        lambda x: x + torch.from_numpy(np.cos(np.arange(8) / 7).astype("float32")).double(),
    ),
    "a numpy buffer": (
        lambda x: x * torch.from_numpy(np.arange(8) / 7),
        lambda x: x * torch.from_numpy((np.arange(8) / 7).astype("float32")).double(),
    ),
    "attention's scale": (
        lambda x: F.scaled_dot_product_attention(x[None, None], x[None, None], x[None, None]),
        lambda x: F.scaled_dot_product_attention(
            x[None, None], x[None, None], x[None, None], scale=single(1 / math.sqrt(8))
        ),
    ),
}


@pytest.mark.parametrize("kind", ROUNDED)
def test_constants_are_rounded(kind):
    function, wanted = ROUNDED[kind]
    assert not agree(lambda: function, None, wanted)
    assert agree(lambda: function, "rounded", wanted)


def test_what_was_compiled_runs_as_it_is_written():
    compiled = torch.compile(lambda x: F.leaky_relu(x, 0.2), backend="eager")
    assert agree(lambda: compiled, "rounded", lambda x: F.leaky_relu(x, single(0.2)))


class Positions(nn.Module):
    """Sines and cosines, written into a float32 buffer as most ports do."""

    def __init__(self):
        super().__init__()
        table = torch.zeros(20, 8)
        angle = torch.arange(20).float()[:, None] * torch.exp(
            torch.arange(0, 8, 2).float() * (-math.log(10000.0) / 8)
        )
        table[:, 0::2], table[:, 1::2] = torch.sin(angle), torch.cos(angle)
        self.register_buffer("table", table)

    def forward(self, x):
        return x + self.table


def exact_positions(x):
    angle = np.arange(20)[:, None] * np.exp(np.arange(0, 8, 2) * (-math.log(10000.0) / 8))
    table = np.stack([np.sin(angle), np.cos(angle)], -1).reshape(20, 8)
    return x + torch.from_numpy(table)


EXACT = {
    "a buffer": (Positions, exact_positions),
    "a float32 tensor": (lambda: lambda x: x * torch.tensor(0.3), lambda x: x * 0.3),
    "cast": (lambda: lambda x: x * torch.tensor(0.3).to(x.dtype), lambda x: x * 0.3),
    "full": (lambda: lambda x: x * torch.full((8,), 0.3), lambda x: x * 0.3),
    "picked": (
        lambda: lambda x: x * (torch.arange(9.0) / 7)[x.detach().abs().long() % 9],
        lambda x: x * (torch.arange(9.0).double() / 7)[x.detach().abs().long() % 9],
    ),
    "hardsigmoid": (lambda: F.hardsigmoid, lambda x: torch.clamp(x + 3, 0, 6) / 6),
    "celu": (
        lambda: lambda x: F.celu(x, 0.7),
        lambda x: torch.where(x > 0, x, 0.7 * torch.expm1(torch.clamp(x, max=0) / 0.7)),
    ),
    "softplus": (
        lambda: lambda x: F.softplus(x * 10),
        lambda x: torch.logaddexp(x * 10, torch.zeros_like(x)),
    ),
}


@pytest.mark.parametrize("kind", EXACT)
def test_constants_are_exact(kind):
    make, wanted = EXACT[kind]
    assert not agree(make, None, wanted)
    assert agree(make, "exact", wanted)


def test_a_threshold_that_float32_sees_stays():
    low = run(lambda: lambda x: F.softplus(x, threshold=5), None)
    for state in ("exact", "rounded"):
        assert same(run(lambda: lambda x: F.softplus(x, threshold=5), state)[:2], low[:2])


def test_data_are_never_changed():
    def scaled(x):
        inner = x.detach() / 3.0
        weights = torch.softmax(inner, -1)
        buffer = torch.zeros(20, 8, dtype=torch.float64)
        buffer[:, 0] = inner[:, 0]
        return x * weights + buffer.sqrt().nan_to_num() * inner[:1]

    right = run(lambda: scaled, None)
    for state in ("exact", "rounded"):
        found = run(lambda: scaled, state)
        assert same(found[:2], right[:2])
        assert not found[2]


def test_a_skipped_constant_stays_and_the_line_is_named():
    def twice(x):
        return torch.sin(x * 0.1) + x * 0.3

    changed = run(lambda: twice, "rounded")[2]
    assert {constant.value for constant in changed.values()} == {"0.1", "0.3"}
    assert all(c.where.startswith("test_constants.py:") for c in changed.values())
    skip = frozenset(key for key, constant in changed.items() if constant.value == "0.1")
    left = run(lambda: twice, "rounded", skip)
    right = run(lambda: lambda x: torch.sin(x * 0.1) + x * single(0.3), None)
    assert same(left[:2], right[:2])


def test_without_changes_nothing_is_tracked():
    assert not hasattr(torch.zeros(1) * 2, "_parity_constant")
