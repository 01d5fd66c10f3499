"""gMVP trained in lockstep: the right port passes, planted bugs are found where they are."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
import torch

from parity.declaring.training import Course, TrainingSide, split
from parity.judging.verdict import Verdict
from parity.train.lockstep import Lockstep
from pt_gmvp.gru import GRUCell
from pt_gmvp.optim import learning_rate, loss
from pt_gmvp.training import train_step

BATCH = 4


@pytest.fixture(scope="module")
def kept():
    """The reference's learners: their graphs take seconds to trace, and `reset` makes them new."""
    return {}


@pytest.fixture
def follow(gmvp, kept):
    def run(name, steps=1, seed=1, change=lambda learner: learner, records=10):
        handed = Counter()
        training = next(t for t in gmvp.trainings if t.name == name)

        def reference(options, dtype):
            place = (name, dtype, handed[name, dtype])
            handed[name, dtype] += 1
            if place not in kept:
                kept[place] = training.reference.build(options, dtype)
            kept[place].reset()
            return kept[place]

        def candidate(options, dtype):
            return change(training.candidate.build(options, dtype))

        changed = replace(
            training,
            reference=TrainingSide("tensorflow", reference),
            candidate=TrainingSide("torch", candidate),
        )
        trained, held_out = split(gmvp.load_inputs(None, seed, records), 0.2, seed)
        return Lockstep(changed, Course(trained, held_out, steps, BATCH, seed)).run()

    return run


@pytest.mark.slow
@pytest.mark.parametrize(("name", "seed"), [("adam", 1), ("adamw", 2)])
def test_the_right_port_passes(name, seed, follow):
    found = follow(name, 8, seed)
    assert found.verdict is Verdict.EQUIVALENT, found.divergence
    assert all(step.judged for step in found.steps)
    assert len({step.losses["reference32"] for step in found.steps}) == 8


@pytest.mark.exhaustive
@pytest.mark.parametrize(("name", "seed"), [("adam", 3), ("adamw", 4), ("adam", 5)])
def test_the_right_port_passes_for_many_steps(name, seed, follow):
    found = follow(name, 120, seed)
    assert found.verdict is Verdict.EQUIVALENT, found.divergence
    assert all(step.judged for step in found.steps)


@pytest.mark.slow
def test_a_reset_learner_is_a_new_one(gmvp, kept, follow):
    follow("adam", 2)
    first = follow("adam", 2)
    assert follow("adam", 2).steps == first.steps


def torchs_adam():
    return patch("pt_gmvp.optim.KerasAdam", lambda weights: torch.optim.Adam(weights, eps=1e-7))


def torchs_adamw():
    def rule(weights):
        return torch.optim.AdamW(weights, eps=1e-8, weight_decay=1e-4)

    return patch("pt_gmvp.optim.AddonsAdamW", rule)


def l2_in_the_gradient():
    def rule(weights):
        return torch.optim.Adam(weights, eps=1e-8, weight_decay=1e-4)

    return patch("pt_gmvp.optim.AddonsAdamW", rule)


def warm_up_from_0():
    def rate(step, base, end, warmup_steps, decay_steps):
        if step < warmup_steps:
            return base * step / warmup_steps
        return learning_rate(step, base, end, warmup_steps, decay_steps)

    return patch("pt_gmvp.optim.learning_rate", rate)


def masks(change):
    def step(model, optimizer, batch, scheduler, gru_masks):
        return train_step(model, optimizer, batch, scheduler, tuple(map(change, gru_masks)))

    return lambda: patch("pt_gmvp.training.train_step", step)


def a_sum():
    return patch("pt_gmvp.training.step.loss", lambda z, y: len(y) * loss(z, y))


def state_detached():
    right = GRUCell.forward
    return patch.object(
        GRUCell, "forward", lambda self, x, state, *masks: right(self, x, state.detach(), *masks)
    )


def untrained(learner):
    learner.parameters["logit.bias"].requires_grad_(False)
    return learner


def as_is(learner):
    return learner


PLANTS = {
    "torch.optim.Adam": (
        "adam",
        torchs_adam,
        as_is,
        "weight",
        "the candidate adds epsilon to the root after",
    ),
    "torch.optim.AdamW": (
        "adamw",
        torchs_adamw,
        as_is,
        "weight",
        "the candidate adds epsilon to the root after the bias correction",
    ),
    "l2 in the gradient": (
        "adamw",
        l2_in_the_gradient,
        as_is,
        "weight",
        "the candidate adds the decay to the gradient (L2)",
    ),
    "warm-up from 0": (
        "adam",
        warm_up_from_0,
        as_is,
        "weight",
        "differ at steps 1 to 5 only (warm-up?): 0, 0.0002",
    ),
    "dropout not applied": (
        "adam",
        masks(torch.ones_like),
        as_is,
        "loss",
        "in evaluation: the candidate is not in training mode",
    ),
    "dropout of another gate": (
        "adam",
        masks(lambda mask: mask[[1, 0, 2]]),
        as_is,
        "loss",
        "first axis in the order 1, 0, 2",
    ),
    "a sum for the mean": ("adam", a_sum, as_is, "loss", f"{BATCH} times the reference's: a sum"),
    "a gradient detached": ("adam", state_detached, as_is, "gradient", "is zero"),
    "a weight untrained": ("adam", nullcontext, untrained, "gradient", "logit/bias is zero"),
}


@pytest.mark.slow
@pytest.mark.parametrize("bug", PLANTS)
def test_a_planted_bug_is_found_where_it_is(bug, follow):
    name, code, change, kind, words = PLANTS[bug]
    with code():
        found = follow(name, change=change)
    assert found.verdict is Verdict.DIFFERENT, found.notes
    assert (found.divergence.step, found.divergence.kind) == (1, kind)
    assert words in str(found.divergence.root_cause)


def test_masks_are_scaled_and_the_same_for_everybody(gmvp):
    training = gmvp.trainings[0]
    course = Course(gmvp.load_inputs(None, 1, 10), None, 3, BATCH, 1)
    batch = course.batch(2, training)
    assert batch["input_masks"].shape == (3, BATCH, 32)
    assert set(np.unique(batch["state_masks"])) == {np.float32(0), np.float32(1 / 0.6)}
    again = course.batch(2, training)
    assert all(np.array_equal(batch[name], again[name]) for name in batch)
    assert not np.array_equal(batch["input_masks"], course.batch(1, training)["input_masks"])
