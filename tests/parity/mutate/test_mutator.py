"""Bugs planted into a small port are caught, named, survive, or change nothing."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import (
    ChangedOutputs,
    KnownBug,
)
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.errors import ParityError
from parity.known_bugs.planting import plant
from parity.mutate import mutator as mutator_module
from parity.mutate.mutant import retried
from parity.mutate.mutator import Mutator

WEIGHTS = (
    Weight("kernel", (4, 4), ("kernel",)),
    Weight("bias", (4,), ("bias",)),
)


def build(finish):
    def made(options, dtype):
        make = {"dtype": getattr(torch, dtype), "requires_grad": True}
        kernel, bias = torch.zeros(4, 4, **make), torch.zeros(4, **make)

        def call(inputs):
            scores = inputs["x"] @ kernel + bias
            return {"scores": scores, "shares": finish(scores)}

        return Built(call, {"kernel": kernel, "bias": bias})

    return made


def shares(scores):
    return scores.softmax(-1)


def make_port(candidate=shares, **fields):
    def load(source, seed, count):
        drawn = np.random.default_rng(seed).normal(size=(count, 4))
        return InputSet("drawn", {"x": drawn.astype(np.float32)})

    pair = Pair(
        "shares",
        Side("torch", build(shares)),
        Side("torch", build(candidate)),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: WEIGHTS,
    )
    return Port("small", (pair,), load, **fields)


def run(port, diagnosed=False):
    mutator = Mutator(port, Selection(modes=("isolated",)))
    return {mutant.bug.name: mutator.run(mutant, diagnosed) for mutant in mutator.mutants()}


def test_every_mutant_is_caught_and_named():
    results = run(make_port(), diagnosed=True)
    assert "kernel not transposed (kernel)" in results
    assert len(results) >= 12
    for name, result in results.items():
        assert result.caught or result.no_change, name
        assert result.named in ("right", ""), (name, result.root_causes)


def test_a_squeeze_changes_nothing_only_where_there_is_nothing_to_squeeze():
    """With a batch of one there is; so the bug is caught there, in another setting."""
    results = run(make_port())
    assert results["squeezed without an axis (all outputs)"].setting == "--grad --records 1"


def test_a_mutant_survives_unless_the_port_says_why_and_float64_confirms_it():
    def unseen(outputs, task):
        return {
            name: array * (1 + np.finfo(array.dtype).eps).astype(array.dtype)
            for name, array in outputs.items()
        }

    tiny = KnownBug(None, "a tiny part more", "", ChangedOutputs(unseen), layer="shares")
    survivor = run(make_port(known_bugs=(tiny,)))[tiny.name]
    assert survivor.survived
    exempt = run(
        make_port(known_bugs=(tiny,), equivalent={"shares: a tiny*": "it is rounded away"})
    )
    assert exempt[tiny.name].no_change == "it is rounded away"


def test_a_reason_that_float64_does_not_confirm_does_not_count():
    port = make_port(equivalent={"*": "nothing matters"})
    mutator = Mutator(port, Selection(modes=("isolated",)))
    (mutant,) = (m for m in mutator.mutants() if m.bug.what == "kernel not transposed")
    pair, config = port.pairs[0], port.pairs[0].configs[0]
    assert mutator._changes_nothing(mutant, pair, config)
    assert not mutator._changes_nothing(mutant, plant(pair, mutant.bug), config)
    assert not mutator._why_no_change(mutant, plant(pair, mutant.bug), config)


def test_a_survivor_is_checked_under_its_other_configurations():
    """Whole numbers do not show how they are rounded; those of the second configuration do."""

    def round_down(options, dtype):
        return Built(lambda inputs: {"y": inputs["x"].abs().trunc()})

    def inputs(given):
        between = np.float32(0.6) if given.config.name == "between" else np.float32(0)
        return {"x": np.arange(1, 5, dtype=np.float32)[None] + between}

    configs = tuple(Configuration(name, {}) for name in ("whole", "between"))
    side = Side("torch", round_down)
    pair = Pair("shares", side, side, configs, inputs)
    port = replace(make_port(), pairs=(pair,))
    mutator = Mutator(port, Selection(modes=("isolated",)))
    planned = next(p for p in mutator.planned() if mutator.mutant(p).bug.what == "trunc as round")
    assert [config for config, _ in planned.places] == ["whole", "between"]
    first = mutator.run(mutator.mutant(planned))
    assert (first.config, first.survived) == ("whole", True)
    ((case, left),) = retried([planned], {0: first})
    assert (case, left) == (("shares", "between"), [(0, 1)])
    second = mutator.run(mutator.mutant(planned, 1))
    assert (second.config, second.caught) == ("between", True)
    assert not list(retried([planned], {0: second}))


def test_a_port_that_fails_by_itself_is_refused():
    with pytest.raises(ParityError, match="fails before any bug is planted: shares different"):
        Mutator(make_port(lambda scores: scores.softmax(0)), Selection()).mutants()


def test_a_bug_that_the_catalogue_does_not_know_has_no_root_cause():
    """Nothing is stated as certain that leaves more than rounding."""
    cubed = ChangedOutputs(lambda outputs, task: {k: v**3 for k, v in outputs.items()})
    unknown = KnownBug(None, "cubed", "", cubed, layer="shares")
    port = make_port(known_bugs=(unknown,))
    mutator = Mutator(port, Selection(modes=("isolated",)))
    (mutant,) = (m for m in mutator.mutants() if m.bug.what == "cubed")
    mutator.port = replace(port, known_bugs=())
    result = mutator.run(mutant, diagnosed=True)
    assert result.caught
    assert result.named == "none"


def test_runs_of_cases_longest_unused_are_made_again(monkeypatch):
    """Whatever is kept, the same mutants are caught."""
    expected = run(make_port())
    monkeypatch.setattr(mutator_module, "_MOST_HELD", 1)
    made = []
    right = Mutator._passing_runs

    def counted(self, pair, config, setting):
        made.append(setting.title)
        return right(self, pair, config, setting)

    monkeypatch.setattr(Mutator, "_passing_runs", counted)
    assert run(make_port()) == expected
    assert made.count("--grad") > 1
