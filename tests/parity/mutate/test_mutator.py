"""Planted mistakes as a gate, on a small port: caught, exempt, named, or survivors."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import KnownBug, Operation
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.diagnosing.diagnosis import Diagnosis, Suspect
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.known_bugs.planting import planted
from parity.mutate.mutator import Mutant, MutantResult, Mutator

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

    tiny = KnownBug(None, "a tiny part more", outputs=unseen, layer="shares")
    survivor = run(make_port(known_bugs=(tiny,)))[tiny.name]
    assert survivor.survived
    exempt = run(
        make_port(known_bugs=(tiny,), equivalent={"shares: a tiny*": "it is rounded away"})
    )
    assert exempt[tiny.name].excuse == "it is rounded away"


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
    unknown = KnownBug(
        None, "cubed", outputs=lambda outputs, task: {k: v**3 for k, v in outputs.items()}
    )
    port = make_port(known_bugs=(replace(unknown, layer="shares"),))
    mutator = Mutator(port, Selection(modes=("isolated",)))
    (mutant,) = (m for m in mutator.mutants() if m.mistake.what == "cubed")
    blind = replace(port, known_bugs=())
    mutator.port = blind
    result = mutator.run(mutant, diagnosed=True)
    assert result.caught
    assert result.named == "none"


def named(mistake, suspect):
    """What is made of one suspect of a planted mistake."""
    said = Diagnosis("shares", "default", "scores", (), 1.0, (Suspect((suspect,), 0.0),), 1)
    mutant = Mutant("shares", "default", mistake)
    return MutantResult(mutant, Verdict.DIFFERENT, diagnosis=said).named


def called(trap, kind, number, way, before, after):
    operation = Operation(kind, number, way, before, after)
    return KnownBug(trap, f"{kind} {way}", f"{kind} {number}", operation=operation)


@pytest.mark.parametrize(
    ("suspect", "expected"),
    [
        pytest.param(called(35, "mean", 1, "as a sum", 3, 6), "right", id="undone in its place"),
        pytest.param(called(35, "mean", 0, "as a sum", 1, 8), "wrong", id="another of its kind"),
        pytest.param(
            called(35, "sum", 2, "as a mean", 4, 5), "wrong", id="the next, of its number"
        ),
        pytest.param(called(35, "mean", None, "as a sum", 0, 0), "wrong", id="all of a kind"),
        pytest.param(KnownBug(35, "sum or mean", "loss"), "wrong", id="no more than its number"),
    ],
)
def test_an_operation_is_named_right_only_where_it_was_made(suspect, expected):
    planted = called(35, "sum", 2, "as a mean", 3, 6)
    assert named(planted, suspect) == expected


def test_what_was_left_out_is_named_right_where_it_is_missed():
    left_out = called(28, "add", 0, "left out", 3, 6)
    assert named(left_out, called(28, "sqrt", 0, "with 1e-12 beneath it", 3, 5)) == "right"
    assert named(left_out, called(28, "sqrt", 0, "with 1e-12 beside it", 2, 6)) == "right"
    assert named(left_out, called(28, "sqrt", 1, "with 1e-12 beneath it", 4, 4)) == "wrong"
    assert named(left_out, called(28, "sqrt", 0, "with 1e-12 beside it", 1, 7)) == "wrong"
    assert named(left_out, called(23, "softmax", 0, "over axis 0 of 2", 3, 5)) == "wrong"


def test_a_mask_may_be_ignored_where_it_is_used_or_handed_over():
    without = called(22, "scaled_dot_product_attention", 0, "without its mask", 2, 2)
    assert named(without, KnownBug(22, "mask ignored, as if all 1", "keep")) == "right"
    assert named(KnownBug(22, "mask ignored, as if all 1", "keep"), without) == "right"
    assert named(without, KnownBug(22, "mask inverted", "keep")) == "wrong"


def test_a_mistake_may_be_told_in_other_words_if_the_port_says_so():
    planted = KnownBug(8, "torch.optim.Adam", same_as=("epsilon after the bias correction",))
    assert named(planted, KnownBug(8, "epsilon after the bias correction", "adam")) == "right"
    assert named(planted, KnownBug(8, "epsilon before the bias correction", "adam")) == "wrong"
