"""Planted bugs in gMVP's port that the shipped records do not show: a short fuzz run finds them.

Each has its control: the same run on the right port finds nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

import pytest
import torch
from torch import nn

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.fuzz.cases import FuzzCase
from parity.fuzz.search import FuzzRun, Limits
from parity.fuzz.target import make_target
from parity.judging.verdict import Verdict


@dataclass(frozen=True)
class Plant:
    """A planted bug, the layer that is fuzzed, and the beginning of the smallest edit."""

    layer: str
    code: Callable[[], AbstractContextManager[Any]]
    edit: str
    config: str = "add-cov-spe"


def clamped_one_hot(codes, depth, dtype):
    return nn.functional.one_hot(codes.long().clamp(0, depth - 1), depth).to(dtype)


def rounded_one_hot(codes, depth, dtype):
    return (codes.round().unsqueeze(-1) == torch.arange(depth)).to(dtype)


def decay_without_end(step, base, end, warmup_steps, decay_steps):
    if step < warmup_steps:
        return base * (step + 1) / warmup_steps
    # Right for as long as the pair's own steps go.
    passed = min((step - warmup_steps) / decay_steps, 1.0) if step < 3000 else 1.1
    return base + (end - base) * passed


PLANTS = {
    "17 residue out of range clamped": Plant(
        "evol_encoder",
        lambda: patch("pt_gmvp.evol_encoder.one_hot", clamped_one_hot),
        "x[..., 0:200] ",
    ),
    "27 residue rounded, not truncated": Plant(
        "evol_encoder",
        lambda: patch("pt_gmvp.evol_encoder.one_hot", rounded_one_hot),
        "x[..., 0:200] ",
    ),
    "36 a rate beyond the end of decay": Plant(
        "learning_rate",
        lambda: patch("pt_gmvp.optim.learning_rate", decay_without_end),
        "step ",
        "release",
    ),
}


def fuzz(gmvp, layer: str, config: str) -> FuzzRun:
    pair = gmvp.pair(layer)
    configuration = next(c for c in pair.configs if c.name == config)
    checker = Checker(gmvp, gmvp.load_inputs(None, 1, 2), Selection())
    run = FuzzRun(pair, configuration, make_target(checker, pair, configuration))
    run.run(Limits(40))
    return run


@pytest.mark.parametrize("name", PLANTS)
def test_a_bug_that_the_shipped_records_hide_is_found(name, gmvp):
    plant = PLANTS[name]
    with plant.code():
        found = fuzz(gmvp, plant.layer, plant.config)
    assert found.tried > 1, "the case as given passes"
    assert found.outcome is not None, "not found"
    assert found.outcome.verdict.mismatch
    # A step drawn anew may need two of them to come upon one that is late enough.
    assert len(found.counterexample.rows) == 1 or plant.layer == "learning_rate"
    assert len(found.counterexample.edits) == 1
    assert plant.edit in str(found.counterexample.edits[0])


def test_a_squeeze_without_an_axis_needs_a_batch_of_one_and_nothing_else(gmvp, swap):
    candidate = replace(
        gmvp.pair("logit").candidate,
        after=lambda outputs, task: {name: value.squeeze() for name, value in outputs.items()},
    )
    found = fuzz(swap(gmvp, "logit", candidate=candidate), "logit", "add-cov-spe")
    assert found.outcome.verdict is Verdict.STRUCTURE
    assert found.counterexample == FuzzCase(rows=(0,))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("layer", "config"), sorted({(plant.layer, plant.config) for plant in PLANTS.values()})
)
def test_control_without_the_bug_finds_nothing(layer, config, gmvp):
    found = fuzz(gmvp, layer, config)
    assert found.counterexample is None, (found.counterexample.describe(), found.outcome.reason)
    assert found.tried > 20
