"""Right ports are never called wrong; planted bugs are found, with their root cause."""

from dataclasses import replace

import numpy as np
import pytest

from parity import Learner, TrainingSide
from parity.arrays import Array, Arrays
from parity.declaring.training import Course, Training, split
from parity.declaring.weight import Weight
from parity.judging.verdict import Verdict
from parity.train.lockstep import Lockstep, TrainingComparison
from tests.parity.numpy_training import Net, load, make, side


def compare(
    training: Training, steps: int = 6, seed: int = 1, records: int = 20
) -> TrainingComparison:
    trained, held_out = split(load(None, seed, records), 0.2, seed)
    return Lockstep(training, Course(trained, held_out, steps, 8, seed)).run()


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_right_port_passes_for_many_steps(seed):
    found = compare(make(), steps=150, seed=seed)
    assert found.verdict is Verdict.EQUIVALENT, found.divergence
    assert len(found.steps) == 150
    assert all(step.judged for step in found.steps)
    assert found.steps[-1].travelled > 0.1
    assert (
        0
        < found.steps[-1].largest("difference64")
        < 1e-12
        < found.steps[-1].largest("difference32")
        < 1e-3
    )


def test_a_side_compared_with_itself_is_identical():
    training = make()
    assert compare(replace(training, candidate=training.reference)).verdict is Verdict.IDENTICAL


BUGS = {
    "masks not applied": (1, "loss", "with no masks, the reference has the candidate's loss"),
    "masks in another order": (1, "loss", "axis in the order 2, 1, 0"),
    "a sum for the mean": (1, "loss", "8 times the reference's: a sum over the batch"),
    "a loss scaled before its backward": (1, "gradient", "2 times the reference's"),
    "a weight left untrained": (1, "gradient", "gradient of hidden/kernel is zero"),
    "a gradient detached": (1, "gradient", "of hidden/kernel, hidden/bias is zero"),
    "a wrong backward": (
        1,
        "gradient",
        "cause unknown of the difference in the gradient of hidden/b",
    ),
    "gradients not set to zero": (2, "gradient", "they are never set to zero"),
    "warm-up from 0": (1, "weight", "the candidate's learning rate lags 1 step behind"),
    "a rate kept in float32": (1, "weight", "is the other side's rounded to float32"),
    "l2 in the gradient": (1, "weight", "the candidate adds the decay to the gradient (L2), the r"),
    "decay times the rate": (
        1,
        "weight",
        "by the decay times the rate, the reference decays the weights apart from the gradient",
    ),
    "epsilon after the bias correction": (
        1,
        "weight",
        "the candidate adds epsilon to the root after the bias correction, the reference",
    ),
    "a weight the optimizer has not": (1, "weight", "the candidate leaves out/kernel unchanged"),
    "the other momentum": (1, "weight", "running statistics keep 0.1 of their value in the candi"),
    "dropout left on in evaluation": (
        1,
        "evaluation",
        "cause unknown of the difference in the loss",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_where_it_is(bug):
    step, kind, words = BUGS[bug]
    found = compare(make(bug))
    assert found.verdict is Verdict.DIFFERENT
    assert (found.divergence.step, found.divergence.kind) == (step, kind)
    assert words in str(found.divergence.root_cause)
    assert len(found.divergence.root_cause.causes) <= 1, found.divergence.root_cause


class Chaos:
    """A training that doubles every rounding error: w -> 4 w (1 - w), written in two ways."""

    def __init__(self, dtype: str, other: bool, factor: float = 4.0) -> None:
        self.parameters = {"w": np.zeros(50, dtype)}
        self.factor, self.other = np.dtype(dtype).type(factor), other

    def step(self, batch):
        w = self.parameters["w"]
        w[...] = self.factor * w - self.factor * w * w if self.other else self.factor * w * (1 - w)
        return w.mean(), {"w": np.zeros_like(w)}


def chaos(factor: float = 4.0) -> Training:
    def build(other: bool, factor: float = 4.0) -> TrainingSide:
        def made(options, dtype):
            run = Chaos(dtype, other, factor)
            return Learner(run.step, run.parameters)

        return TrainingSide("numpy", made)

    weights = (Weight("w", (50,), ("w",), positive=True),)
    # Positive weights are drawn from 0.5 to 1.5; 4 w (1 - w) keeps only those up to 1 bounded.
    return Training("chaos", build(False), build(True, factor), lambda options: weights)


@pytest.fixture
def _from_0_to_1(monkeypatch):
    monkeypatch.setattr(
        "parity.train.lockstep.draw_weights",
        lambda weights, seed: {
            "w": np.random.default_rng(seed).uniform(0.1, 0.9, 50).astype(np.float32)
        },
    )


@pytest.mark.usefixtures("_from_0_to_1")
@pytest.mark.parametrize("seed", range(1, 11))
def test_where_correct_runs_drift_apart_nothing_is_called_wrong(seed):
    found = compare(chaos(), steps=120, seed=seed)
    assert found.verdict.passes, found.divergence
    judged = [step.number for step in found.steps if step.judged]
    # A rounding error of 1e-16 grows to the size of the updates in about fifty doublings.
    assert 20 < judged[-1] < 70
    assert found.steps[-1].largest("difference64") > 0.1
    assert any(
        "correct runs differ by as much as the weights have moved" in note for note in found.notes
    )


@pytest.mark.slow
@pytest.mark.usefixtures("_from_0_to_1")
def test_even_there_a_bug_is_found_at_once():
    found = compare(chaos(4.0 - 1e-9), steps=5)
    assert (found.verdict, found.divergence.step) == (Verdict.DIFFERENT, 1)


class Imprecise(Net):
    """Net that is right in float64, and whose float32 gradients lack some digits."""

    def __init__(self, dtype: str) -> None:
        super().__init__(dtype, reverse=True)

    def forward(self, x: Array, y: Array, masks: Array) -> tuple[Array, Arrays]:
        loss, gradients = super().forward(x, y, masks)
        if self.dtype is not np.float32:
            return loss, gradients
        noise = np.random.default_rng(0)
        return loss, {
            n: (g * (1 + 1e-4 * noise.standard_normal(g.shape))).astype(g.dtype)
            for n, g in gradients.items()
        }


def test_a_side_with_few_digits_is_imprecise():
    found = compare(replace(make(), candidate=side(Imprecise)))
    assert found.verdict is Verdict.IMPRECISE
    assert found.divergence.kind == "gradient"


class NotANumber(Net):
    """Net whose third loss is NaN."""

    def step(self, batch: Arrays) -> tuple[Array, Arrays]:
        loss, gradients = super().step(batch)
        return (loss * np.nan if self.taken == 3 else loss), gradients


def test_nan_on_one_side_is_a_mismatch():
    found = compare(replace(make(), candidate=side(NotANumber)))
    assert found.verdict is Verdict.STRUCTURE
    assert (found.divergence.step, found.divergence.kind) == (3, "loss")
    assert (
        str(found.divergence.root_cause)
        == "NaN or infinity on one side only, in float64, first in loss"
    )
    training = replace(make(), reference=side(NotANumber), candidate=side(NotANumber))
    assert compare(training).verdict is Verdict.IDENTICAL


class Failing(Net):
    """Net whose steps raise."""

    def step(self, batch: Arrays) -> tuple[Array, Arrays]:
        raise RuntimeError("out of memory\nand more")


def test_a_side_that_fails_is_not_compared():
    found = compare(replace(make(), candidate=side(Failing)))
    assert found.verdict is Verdict.NOT_COMPARED
    assert found.notes == (
        "the candidate failed in float32 at step 1: RuntimeError: out of memory",
    )


class AlwaysFloat32(Net):
    """Net that computes in float32 even where float64 is asked for."""

    def __init__(self, dtype: str) -> None:
        super().__init__("float32")

    def forward(self, x: Array, y: Array, masks: Array) -> tuple[Array, Arrays]:
        loss, gradients = super().forward(x, y, masks)
        return loss.astype(np.float32), gradients


def test_a_float64_run_in_float32_is_not_compared():
    found = compare(replace(make(), candidate=side(AlwaysFloat32)))
    assert found.verdict is Verdict.NOT_COMPARED
    assert "loss is float32 (), expected a scalar of float64" in found.notes[0]


def test_weights_that_do_not_pair_up_are_not_compared():
    fewer = replace(make(), weights=lambda options: (Weight("center", (5,), ("center",)),))
    found = compare(fewer)
    assert found.verdict is Verdict.NOT_COMPARED
    assert "in the layer but not in the weight map: 'hidden/kernel'" in found.notes[0]
