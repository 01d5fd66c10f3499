"""Right ports are never called wrong; planted mistakes are caught, with the right cause."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity import Learner, TrainingSide
from parity.declaring.training import Course, Training, split
from parity.declaring.weight import Weight
from parity.judging.oracle import ROUNDING_FACTOR
from parity.judging.verdict import Verdict
from parity.train.drift import Figure, Room
from parity.train.lockstep import Lesson, Lockstep
from parity.train.overfitting import answer as overfitting
from tests.parity.numpy_training import Net, load, make, side


def lesson(training: Training, steps: int = 6, seed: int = 1, records: int = 20) -> Lesson:
    trained, held_out = split(load(None, seed, records), 0.2, seed)
    return Lockstep(training, Course(trained, held_out, steps, 8, seed)).run()


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_right_port_passes_for_many_steps(seed):
    found = lesson(make(), steps=150, seed=seed)
    assert found.verdict is Verdict.EQUIVALENT, found.fault
    assert len(found.steps) == 150
    assert all(step.judged for step in found.steps)
    assert found.steps[-1].travelled > 0.1
    assert 0 < found.steps[-1].apart("apart64") < 1e-12 < found.steps[-1].apart("apart32") < 1e-3


def test_a_side_beside_itself_is_identical():
    training = make()
    assert lesson(replace(training, candidate=training.reference)).verdict is Verdict.IDENTICAL


MISTAKES = {
    "masks not applied": (1, "loss", "no masks"),
    "masks in another order": (1, "loss", "axis in the order 2, 1, 0"),
    "a sum for the mean": (1, "loss", "8 times the reference's: a sum over the batch"),
    "a loss scaled before its backward": (1, "gradient", "2 times the reference's"),
    "a weight left untrained": (1, "gradient", "gradient of hidden/kernel is nought"),
    "a gradient detached": (1, "gradient", "of hidden/kernel, hidden/bias is nought"),
    "a wrong backward": (1, "gradient", "gradient of hidden/bias does not"),
    "gradients not set to zero": (2, "gradient", "set to zero between steps"),
    "warm-up from 0": (1, "weight", "-0.0001 of the weight itself: look at the learning rate"),
    "a rate kept in float32": (1, "weight", "kept in float32 on one side"),
    "l2 in the gradient": (1, "weight", "the update of"),
    "decay times the rate": (
        1,
        "weight",
        "+9.97e-05 of the weight itself: look at the weight decay",
    ),
    "epsilon after the bias correction": (1, "weight", "look at the optimizer's epsilon"),
    "a weight the optimizer has not": (1, "weight", "out/kernel as is"),
    "the other momentum": (1, "weight", "running statistics"),
    "dropout left on in evaluation": (1, "evaluation", "dropout off"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_caught_where_it_is(mistake):
    step, kind, words = MISTAKES[mistake]
    found = lesson(make(mistake))
    assert found.verdict is Verdict.DIFFERENT
    assert (found.fault.step, found.fault.kind) == (step, kind)
    assert words in found.fault.cause


class Chaos:
    """A training that doubles every rounding: w -> 4 w (1 - w), written in two ways."""

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
def test_where_right_runs_part_by_themselves_nothing_is_called_wrong(seed):
    found = lesson(chaos(), steps=120, seed=seed)
    assert found.verdict.passes, found.fault
    told = [step.number for step in found.steps if step.judged]
    # A rounding of 1e-16 grows to what the weights move in some fifty doublings.
    assert 20 < told[-1] < 70
    assert found.steps[-1].apart("apart64") > 0.1
    assert any("right runs part as far as the weights move" in note for note in found.notes)


@pytest.mark.usefixtures("_from_0_to_1")
def test_even_there_a_mistake_is_seen_at_once():
    found = lesson(chaos(4.0 - 1e-9), steps=5)
    assert (found.verdict, found.fault.step) == (Verdict.DIFFERENT, 1)


def imprecise(dtype: str) -> Net:
    """Right in float64; in float32 its gradients have lost some digits."""
    net = Net(dtype, reverse=True)
    if dtype == "float32":
        right = net.forward

        def forward(*batch):
            loss, gradients = right(*batch)
            noise = np.random.default_rng(0)
            return loss, {
                n: (g * (1 + 1e-4 * noise.standard_normal(g.shape))).astype(g.dtype)
                for n, g in gradients.items()
            }

        net.forward = forward
    return net


def test_a_side_of_few_digits_is_imprecise():
    found = lesson(replace(make(), candidate=side(imprecise)))
    assert found.verdict is Verdict.IMPRECISE
    assert found.fault.kind == "gradient"


def not_a_number(dtype: str) -> Net:
    net = Net(dtype)
    right = net.step

    def step(batch):
        loss, gradients = right(batch)
        return (loss * np.nan if net.taken == 3 else loss), gradients

    net.step = step
    return net


def test_nan_on_one_side_is_a_mismatch():
    found = lesson(replace(make(), candidate=side(not_a_number)))
    assert found.verdict is Verdict.STRUCTURE
    assert (found.fault.step, found.fault.kind) == (3, "loss")
    assert found.fault.cause == "NaN or infinity on one side only, in float64, first in loss"
    training = replace(make(), reference=side(not_a_number), candidate=side(not_a_number))
    assert lesson(training).verdict is Verdict.IDENTICAL


def failing(dtype: str) -> Net:
    net = Net(dtype)

    def step(batch):
        raise RuntimeError("out of memory\nand more")

    net.step = step
    return net


def test_a_side_that_fails_is_not_compared():
    found = lesson(replace(make(), candidate=side(failing)))
    assert found.verdict is Verdict.NOT_COMPARED
    assert found.notes == (
        "the candidate failed in float32 at step 1: RuntimeError: out of memory",
    )


def half(dtype: str) -> Net:
    net = Net("float32")
    right = net.forward
    net.forward = lambda *batch: (np.float32(right(*batch)[0]), right(*batch)[1])
    return net


def test_a_float64_run_that_is_none_is_not_compared():
    found = lesson(replace(make(), candidate=side(half)))
    assert found.verdict is Verdict.NOT_COMPARED
    assert "loss is float32 (), expected a scalar of float64" in found.notes[0]


def test_weights_that_do_not_pair_up_are_not_compared():
    fewer = replace(make(), weights=lambda options: (Weight("center", (5,), ("center",)),))
    found = lesson(fewer)
    assert found.verdict is Verdict.NOT_COMPARED
    assert "in the layer but not in the weight map: 'hidden/kernel'" in found.notes[0]


def test_the_answer_of_the_notebook_both_overfit_by_heart():
    trained, held_out = split(load(None, 1, 10), 0.5, 1)
    found = Lockstep(make(), Course(trained, held_out, 400, 5, 1)).run()
    assert found.verdict.passes
    said = overfitting(found.looks)
    assert said.startswith("the model overfits, and the original does so too: the held-out loss")


def test_or_neither_does():
    trained, held_out = split(load("easy", 1, 200), 0.2, 1)
    found = Lockstep(make(), Course(trained, held_out, 60, 40, 1)).run()
    assert found.verdict.passes
    assert overfitting(found.looks).endswith("no overfitting within these steps")


@given(
    apart=st.floats(1e-30, 1e3),
    scale=st.floats(1e-6, 1e3),
    error=st.floats(0, 1e-3),
    seen=st.floats(0, 1e3),
)
def test_what_right_runs_were_seen_to_do_is_allowed(apart, scale, error, seen):
    bare = Figure("weight/w", scale, 0.0, apart, error, error, 0.0, 0.0).given(Room())
    wider = bare.given(Room(double=seen))
    assert wider.logic >= bare.logic
    assert (wider.verdict is Verdict.DIFFERENT) == (apart > max(bare.logic, ROUNDING_FACTOR * seen))
