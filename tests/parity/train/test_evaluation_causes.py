"""The loss in evaluation: a factor, or another mode."""

from dataclasses import replace

from parity import Learner, TrainingSide
from tests.parity.train.torch_training import cause, plain, side


def evaluated(factor):
    """Return a side whose loss in evaluation is multiplied."""

    def made(candidate):
        right = side(plain())(candidate)

        def build(options, dtype) -> Learner:
            learner = right.build(options, dtype)
            return replace(learner, evaluate=lambda records: learner.evaluate(records) * factor)

        return TrainingSide("torch", build)

    return made


def test_a_factor():
    found = cause(side(plain()), evaluated(2.0), steps=2)
    assert found.startswith("training agrees, but not the loss in evaluation: the candidate's loss")
    assert "in evaluation is 2 times the reference's (confirmed on steps 1 to 4)" in found
