"""Planted mistakes as a gate, on a small port: caught, excused, named, or survivors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.errors import ParityError
from parity.mutate import Mutator
from parity.port import Built, Configuration, InputSet, Pair, Port, Side, Weight
from parity.selection import Selection
from parity.traps.mistake import Mistake, planted

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
    return {mutant.mistake.name: mutator.run(mutant, diagnosed) for mutant in mutator.mutants()}


def test_every_mutant_is_caught_and_named():
    results = run(make_port(), diagnosed=True)
    assert "kernel not transposed (kernel)" in results
    assert len(results) >= 12
    for name, result in results.items():
        assert result.caught or result.excuse, name
        assert result.named in ("right", ""), (name, result.diagnosis)


def test_a_squeeze_is_excused_only_where_there_is_nothing_to_squeeze():
    """With a batch of one there is; so the mistake is caught there, in another setting."""
    results = run(make_port())
    assert results["squeezed without an axis (all outputs)"].setting == "--grad --records 1"


def test_a_survivor_is_one_unless_the_port_says_why_and_float64_bears_it_out():
    def unseen(outputs, task):
        return {
            name: array * (1 + np.finfo(array.dtype).eps).astype(array.dtype)
            for name, array in outputs.items()
        }

    tiny = Mistake(None, "a tiny part more", outputs=unseen, layer="shares")
    survivor = run(make_port(mistakes=(tiny,)))[tiny.name]
    assert survivor.survived
    excused = run(make_port(mistakes=(tiny,), equivalent={"shares: a tiny*": "it is rounded away"}))
    assert excused[tiny.name].excuse == "it is rounded away"


def test_a_reason_that_float64_does_not_bear_out_is_no_excuse():
    port = make_port(equivalent={"*": "nothing matters"})
    mutator = Mutator(port, Selection(modes=("isolated",)))
    (mutant,) = (m for m in mutator.mutants() if m.mistake.what == "kernel not transposed")
    pair, config = port.pairs[0], port.pairs[0].configs[0]
    assert mutator._changes_nothing(mutant, pair, config)
    assert not mutator._changes_nothing(mutant, planted(pair, mutant.mistake), config)
    assert not mutator._excuse(mutant, planted(pair, mutant.mistake), config)


def test_a_port_that_fails_by_itself_is_refused():
    with pytest.raises(ParityError, match="fails before any mistake is planted: shares different"):
        Mutator(make_port(lambda scores: scores.softmax(0)), Selection()).mutants()


def test_a_mistake_that_the_catalogue_does_not_know_is_given_no_cause():
    """Nothing is stated as certain that leaves more than rounding."""
    unknown = Mistake(
        None, "cubed", outputs=lambda outputs, task: {k: v**3 for k, v in outputs.items()}
    )
    port = make_port(mistakes=(replace(unknown, layer="shares"),))
    mutator = Mutator(port, Selection(modes=("isolated",)))
    (mutant,) = (m for m in mutator.mutants() if m.mistake.what == "cubed")
    blind = replace(port, mistakes=())
    mutator.port = blind
    result = mutator.run(mutant, diagnosed=True)
    assert result.caught
    assert result.named == "none"
