"""Causes of a difference in training: each planted one is named, and a stranger one is not."""

import pytest
import torch
from torch import nn

from parity.diagnosing.training_causes import training_causes
from tests.parity.checking.test_training_cases import WRONG, dropped
from tests.parity.diagnosing.small_ports import make_task
from tests.parity.layers_in_training import in_training

NAMED = {
    "no dropout": "the candidate does not drop 0.3 of a tensor of 6×4×3×5, the reference does",
    "another rate": "the candidate drops 0.31 where the reference drops 0.3",
    "twice": "the candidate drops 0.3 of a tensor of 6×4×3×5, the reference does not",
    "elements for channels": "a mask of 6×5×4×3 where the reference's is 6×1×1×5",
    "another momentum": "keep 0.989 of their value in the candidate, 0.99 in the reference",
    "momentum of torch": "keep 0.9 of their value in the candidate, 0.99 in the reference",
    "biased variance": "unbiased in the reference and biased in the candidate: a factor of N / "
    "(N - 1), with N = 72",
    "unbiased variance": "unbiased in the candidate and biased in the reference: a factor of N / "
    "(N - 1), with N = 9",
    "no update": "the candidate does not update its running statistics",
    "evaluation mode": "the candidate does in training what it does in evaluation",
}


def causes_of(port):
    result, _ = in_training(port)
    return training_causes(port.pairs[0], make_task(port), result.probe)


@pytest.mark.parametrize("name", NAMED)
def test_a_planted_difference_is_named(name):
    causes = causes_of(WRONG[name])
    assert any(NAMED[name] in cause.what for cause in causes), causes
    assert all(cause.error_left < 1e-6 for cause in causes)


def test_dropout_of_another_tensor_is_named():
    class Elsewhere(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop = nn.Dropout(0.3)

        def forward(self, x):
            return x + 0 * self.drop(x[:, :2]).sum()

    (cause,) = causes_of(dropped(Elsewhere))
    assert "the candidate does not drop 0.3 of a tensor of 6×4×3×5" in cause.what


def test_a_mask_that_is_not_scaled_is_named():
    class Unscaled(nn.Module):
        def forward(self, x):
            return x * torch.empty_like(x).bernoulli_(0.7) if self.training else x

    (cause,) = causes_of(dropped(Unscaled))
    assert "does not scale what it keeps" in cause.what


def test_what_no_hypothesis_explains_is_left_unknown():
    class Strange(nn.Module):
        def forward(self, x):
            return nn.functional.dropout(x, 0.3) ** 2 if self.training else x

    assert causes_of(dropped(Strange)) == ()
