"""Training mode of PyTorch: every way to drop has the same mask, and nothing stays changed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from parity.declaring.port import Built, Side
from parity.declaring.trace import Task
from parity.declaring.training_mode import MaskChange, TrainingMode, in_training
from parity.runners.torch import run

X = np.random.default_rng(1).standard_normal((4, 6, 3)).astype(np.float32)
NUMBERS = np.random.default_rng(2).random((4, 6, 3), dtype=np.float32)
RATE = 0.4
DROPPED = np.where(NUMBERS >= RATE, X, 0) / (1 - RATE)


def trained(call, mode=None, x=X, dtype="float64"):
    mode = mode or TrainingMode({"candidate": (NUMBERS,)}, watch=True)
    task = Task({}, {"x": x}, {}, (), (), 1, training=mode)
    side = Side("torch", lambda options, dtype: Built(lambda inputs: {"y": call(inputs["x"])}))
    return run(side, "candidate", task, dtype)


class Attended(nn.Module):
    """Attention whose weights are dropped inside of torch."""

    def forward(self, x):
        rate = RATE if self.training else 0.0
        return functional.scaled_dot_product_attention(x, x, x, dropout_p=rate)


@pytest.mark.parametrize(
    "drop",
    [
        nn.Dropout(RATE),
        nn.Dropout(RATE).eval(),
        nn.Sequential(nn.Dropout(RATE, inplace=True)),
        lambda x: functional.dropout(x, RATE),
        lambda x: functional.dropout(x, RATE, training=in_training()),
        lambda x: torch.dropout(x, RATE, True),
        lambda x: torch.native_dropout(x, RATE, True)[0],
        lambda x: x * torch.empty_like(x).bernoulli_(1 - RATE) / (1 - RATE),
        lambda x: x * torch.bernoulli(torch.full_like(x, 1 - RATE)) / (1 - RATE),
    ],
)
def test_the_mask_is_handed_to_every_way_of_dropping(drop):
    run = trained(drop)
    np.testing.assert_allclose(run.outputs["y"], DROPPED, rtol=1e-6)
    (draw,) = run.trained.draws
    assert draw.rate == pytest.approx(RATE)
    assert draw.shape == X.shape
    assert not run.trained.random


def test_the_tensor_that_is_dropped_is_seen():
    (draw,) = trained(nn.Sequential(nn.ReLU(), nn.Dropout(RATE))).trained.draws
    np.testing.assert_array_equal(draw.values, np.maximum(X, 0))


def test_channels_are_dropped_by_a_mask_of_their_own_shape():
    run = trained(nn.Dropout1d(RATE), TrainingMode(watch=True))
    (draw,) = run.trained.draws
    assert draw.shape == (4, 6, 1)
    np.testing.assert_array_equal(draw.values, X)


def test_dropout_inside_of_attention_and_recurrent_layers_is_handed_in():
    (draw,) = trained(Attended(), TrainingMode()).trained.draws
    assert draw.shape == (4, 6, 6)
    lstm = nn.LSTM(3, 5, num_layers=2, dropout=RATE, batch_first=True).double()
    run = trained(lambda x: lstm(x)[0], TrainingMode())
    assert len(run.trained.draws) == 1
    assert not run.trained.random


def test_random_numbers_that_cannot_be_handed_in_are_named():
    assert "rand_like" in trained(lambda x: x * torch.rand_like(x)).trained.random
    assert "randn" in trained(lambda x: x + torch.randn(x.shape)).trained.random


def test_modules_and_buffers_are_as_before():
    norm = nn.BatchNorm1d(6).double().eval()
    frozen = nn.Sequential(nn.Dropout(RATE)).train()
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    run = trained(lambda x: norm(frozen(x)))
    assert set(run.trained.unmapped) == {"running_mean", "running_var"}
    assert not norm.training
    assert frozen[0].training
    for name, value in norm.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_module_that_keeps_itself_in_evaluation_is_left_alone():
    class Kept(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(RATE)

        def train(self, mode=True):
            super().train(mode)
            self.drop.eval()
            return self

        def forward(self, x):
            return self.drop(x)

    kept = Kept().eval()
    run = trained(kept)
    assert not run.trained.draws
    assert not run.trained.frozen

    # One that the search does not find is switched when it is called.
    class Hidden:
        __slots__ = ("module",)
        module: nn.Module

    hidden = Hidden()
    hidden.module = Kept().eval()
    run = trained(lambda x: hidden.module(x))
    assert not run.trained.draws
    assert not run.trained.frozen
    hidden.module = nn.Dropout(RATE).eval()
    assert len(trained(lambda x: hidden.module(x)).trained.draws) == 1
    assert not hidden.module.training


def test_a_declaration_that_calls_eval_is_noted():
    module = nn.Dropout(RATE)
    assert trained(lambda x: module.eval()(x)).trained.frozen == ("Dropout",)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (MaskChange(), X),
        (MaskChange(0.2), np.where(NUMBERS >= 0.2, X, 0) / 0.8),
        (MaskChange(RATE, numbers=NUMBERS[::-1]), np.where(NUMBERS[::-1] >= RATE, X, 0) / 0.6),
        (MaskChange(RATE, scale=0.6), np.where(NUMBERS >= RATE, X, 0)),
    ],
)
def test_hypotheses_on_a_mask(change, expected):
    mode = TrainingMode({"candidate": (NUMBERS,)}, changes={"candidate": {0: change}})
    for drop in (nn.Dropout(RATE), lambda x: torch.native_dropout(x, RATE, True)[0]):
        np.testing.assert_allclose(trained(drop, mode).outputs["y"], expected, rtol=1e-6)
