"""Bugs planted into a small port are caught, named, survive, or change nothing."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.known_bug import (
    ChangedInputs,
    ChangedOutputs,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.known_bugs.planting import plant
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
    return {mutant.bug.name: mutator.run(mutant, diagnosed) for mutant in mutator.mutants()}


def test_every_mutant_is_caught_and_named():
    results = run(make_port(), diagnosed=True)
    assert "kernel not transposed (kernel)" in results
    assert len(results) >= 12
    for name, result in results.items():
        assert result.caught or result.no_change, name
        assert result.named in ("right", ""), (name, result.diagnosis)


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


def named(planted, *causes, certain=True):
    """How a diagnosis with these root causes names a planted bug."""
    causes = tuple(RootCause((cause,), 0.0) for cause in causes)
    diagnosis = Diagnosis("shares", "default", "scores", (), 1.0, causes, 1, confirmed=certain)
    mutant = Mutant("shares", "default", planted)
    return MutantResult(mutant, Verdict.DIFFERENT, diagnosis=diagnosis).named


def call_bug(number, kind, index, way, before, after):
    change = OtherOperation(kind, index, way, before, after)
    return KnownBug(number, f"{kind} {way}", f"{kind} {index}", change)


def input_bug(number, what, name):
    return KnownBug(number, what, name, ChangedInputs(lambda inputs: inputs))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        pytest.param(call_bug(35, "mean", 1, "as a sum", 3, 6), "right", id="undone in its place"),
        pytest.param(call_bug(35, "mean", 0, "as a sum", 1, 8), "wrong", id="another of its kind"),
        pytest.param(
            call_bug(35, "sum", 2, "as a mean", 4, 5), "wrong", id="the next, of its number"
        ),
        pytest.param(call_bug(35, "mean", None, "as a sum", 0, 0), "wrong", id="all of a kind"),
        pytest.param(input_bug(35, "sum or mean", "loss"), "wrong", id="no more than its number"),
    ],
)
def test_an_operation_is_named_right_only_where_it_was_planted(cause, expected):
    assert named(call_bug(35, "sum", 2, "as a mean", 3, 6), cause) == expected


def test_a_call_left_out_is_named_right_where_it_is_missing():
    left_out = call_bug(28, "add", 0, "left out", 3, 6)
    assert named(left_out, call_bug(28, "sqrt", 0, "with 1e-12 beneath it", 3, 5)) == "right"
    assert named(left_out, call_bug(28, "sqrt", 0, "with 1e-12 beside it", 2, 6)) == "right"
    assert named(left_out, call_bug(28, "sqrt", 1, "with 1e-12 beneath it", 4, 4)) == "wrong"
    assert named(left_out, call_bug(28, "sqrt", 0, "with 1e-12 beside it", 1, 7)) == "wrong"
    assert named(left_out, call_bug(23, "softmax", 0, "over axis 0 of 2", 3, 5)) == "wrong"


def test_a_mask_may_be_ignored_as_an_input_or_where_it_is_used():
    without = call_bug(22, "scaled_dot_product_attention", 0, "without its mask", 2, 2)
    assert named(without, input_bug(22, "mask ignored, as if all 1", "keep")) == "right"
    assert named(input_bug(22, "mask ignored, as if all 1", "keep"), without) == "right"
    assert named(without, input_bug(22, "mask inverted", "keep")) == "wrong"


def test_a_bug_may_be_named_in_other_words_if_the_port_says_so():
    other = "epsilon after the bias correction"
    planted = KnownBug(8, "torch.optim.Adam", "", PatchedCode(nullcontext), same_as=(other,))
    assert named(planted, input_bug(8, other, "adam")) == "right"
    assert named(planted, input_bug(8, "epsilon before the bias correction", "adam")) == "wrong"


def test_an_option_is_named_right_only_by_the_same_value():
    planted = KnownBug(None, "option size = 3", "should be 4", OtherOptions({"size": 3}))
    assert named(planted, planted) == "right"
    assert named(planted, replace(planted, what="option size = 5")) == "wrong"
    assert named(planted, input_bug(None, planted.what, planted.where)) == "wrong"


def test_a_bug_is_named_first_among_others_or_not_at_all():
    right, wrong = input_bug(22, "mask inverted", "x"), input_bug(5, "first row", "x")
    assert named(right, right, wrong) == "right"
    assert named(right, wrong, right) == "among others"
    assert named(right, wrong) == "wrong"
    assert named(right, wrong, certain=False) == "unsure"
    assert named(right) == "none"
