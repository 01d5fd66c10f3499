"""Losses: a factor, an L2 penalty, and a loss that draws random numbers of its own."""

from tests.parity.train.torch_training import cause, plain, side


def test_a_sum_for_a_mean():
    found = cause(side(plain()), side(plain(), scale=float), steps=2)
    assert "the candidate's loss is 8 times the reference's: a sum over the batch" in found
    assert "gradient of first/kernel, first/bias, second/kernel and 1 more is 8 times" in found
    assert "the size of the batch: a sum in place of a mean" in found


def test_a_penalty():
    found = cause(side(plain()), side(plain(), penalty=0.02), steps=2)
    assert found.startswith(
        "the candidate's loss is the reference's +0.02 times the sum of the squares of all weights"
    )
    assert "is the reference's plus 0.04 times the weight: an L2 penalty in the candidate" in found


def test_dropout_without_masks_is_not_deterministic():
    found = cause(side(plain()), side(plain(), dropout=0.3), steps=2)
    assert found.startswith("the candidate is not deterministic: run again from the same weights")
