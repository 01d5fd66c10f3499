"""A constant's float32 rounding is found, proven and named; a wrong constant stays refused.

Both sides are PyTorch here; TensorFlow's constants are in runners/tensorflow/test_constants.py.
"""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from parity.checking.case_runs import LiveReference
from parity.checking.checker import Checker
from parity.checking.constant_runs import ConstantRuns
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.judging.verdict import Verdict

ROOT = math.sqrt(8)
SIXTH = float(np.float32(1 / 6))


def side(function):
    def build(options, dtype):
        def call(inputs):
            found = function(inputs["x"])
            return found if isinstance(found, dict) else {"y": found}

        return Built(call)

    return Side("torch", build)


def check(reference, candidate, recorded=False, differing=False):
    """The case of a pair of functions of one input, with gradients."""
    pair = Pair(
        "layer",
        side(reference),
        side(candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
    )

    def load(source, seed, count):
        x = np.random.default_rng(seed).normal(size=(count, 8)).astype("float32")
        return InputSet("drawn", {"x": x})

    class Recorded(LiveReference):
        def rerun(self, pair, task, dtype="float64", changes=None):
            return None

    port = Port("port", (pair,), load, whole="layer" if differing else None)
    live = Recorded() if recorded else LiveReference()
    checker = Checker(port, load(None, 1, 6), Selection(gradients=True), live)
    # A layer inside is known to differ.
    checker._differing |= {"default"} if differing else set()
    return checker.run(pair, pair.configs[0], "isolated")


def held_in_float32(value):
    """As `tf.cast(value, x.dtype)` does it: through float32."""
    return lambda x: torch.tensor(value).to(x.dtype)


def cast(x):
    return torch.sin(x / held_in_float32(ROOT)(x))


def table(x, wrong=1.0):
    values = torch.arange(1.0, 9.0) / 7
    values[3] *= wrong
    return 1e-4 * torch.sin(x * values.to(x.dtype)) + x


def gelu(x, root=None):
    return 0.5 * x * (1 + torch.erf(x / held_in_float32(root or math.sqrt(2))(x)))


RIGHT = {
    "cast": (cast, lambda x: torch.sin(x / ROOT), "exact", None, "2.8284271247461903"),
    "literal": (
        lambda x: F.layer_norm(x, (8,), eps=0.0010000000474974513),
        lambda x: F.layer_norm(x, (8,), eps=1e-3),
        None,
        "rounded",
        "0.001",
    ),
    "table": (
        table,
        lambda x: 1e-4 * torch.sin(x * (torch.arange(1, 9, dtype=x.dtype) / 7)) + x,
        "exact",
        None,
        "table of 8",
    ),
    "gelu": (gelu, F.gelu, "exact", None, repr(math.sqrt(2))),
    "softplus": (
        lambda x: F.softplus(x * 30),
        lambda x: torch.logaddexp(x * 30, torch.zeros_like(x)),
        "exact",
        None,
        "threshold 20",
    ),
    "hardsigmoid": (
        F.hardsigmoid,
        lambda x: torch.clamp(x + 3, 0, 6) / 6,
        "exact",
        None,
        "0.16666666666666666",
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_constant_s_rounding_is_equivalent_and_named(kind, swapped):
    one, other, reference, candidate, value = RIGHT[kind]
    case = check(other, one) if swapped else check(one, other)
    assert case.verdict is Verdict.EQUIVALENT, case.outputs
    found = case.constants
    assert found is not None
    assert found.complete
    states = (candidate, reference) if swapped else (reference, candidate)
    assert (found.reference, found.candidate) == states
    assert [each.constant.value for each in found.named] == [value]
    assert found.named[0].side == ("reference" if states[0] else "candidate")
    assert found.others == 0
    assert found.note in case.notes
    assert value in found.note


WRONG = {
    "by 1e-7": (cast, lambda x: torch.sin(x / (ROOT * (1 + 1e-7)))),
    "epsilon": (
        lambda x: F.layer_norm(x, (8,), eps=0.0010000000474974513),
        lambda x: F.layer_norm(x, (8,), eps=1.001e-3),
    ),
    "one entry": (
        lambda x: table(x, 1 + 2e-7),
        lambda x: 1e-4 * torch.sin(x * (torch.arange(1, 9, dtype=x.dtype) / 7)) + x,
    ),
    "gelu's form": (gelu, lambda x: F.gelu(x, approximate="tanh")),
    "slope": (
        lambda x: F.leaky_relu(x, float(np.float32(0.2))),
        lambda x: F.leaky_relu(x, 0.2 * (1 + 1e-7)),
    ),
    "beta": (
        lambda x: F.softplus(x * 30, beta=1.0000001),
        lambda x: torch.logaddexp(x * 30, torch.zeros_like(x)),
    ),
    "threshold": (
        lambda x: F.softplus(x * 30, threshold=5),
        lambda x: torch.logaddexp(x * 30, torch.zeros_like(x)),
    ),
    # The same float32, and more than half an ulp apart.
    "both rounded": (
        lambda x: F.layer_norm(x / 100, (8,), eps=1e-3),
        lambda x: F.layer_norm(x / 100, (8,), eps=1e-3 * (1 + 1e-7)),
    ),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("swapped", [False, True])
def test_a_wrong_constant_stays_different(kind, swapped):
    one, other = WRONG[kind]
    case = check(other, one) if swapped else check(one, other)
    assert case.verdict is Verdict.DIFFERENT


def test_a_number_computed_from_data_is_no_constant():
    def through_python(x):
        return x * float(x.detach().double().mean() / 3)

    def in_float32(x):
        return x * float(np.float32(float(x.detach().double().mean() / 3)))

    assert check(in_float32, through_python).verdict is Verdict.DIFFERENT
    assert check(through_python, in_float32).verdict is Verdict.DIFFERENT


def test_constants_of_several_kinds_are_told_apart():
    """gelu's must stay exact on the candidate, the slope must be rounded there."""

    def reference(x):
        return F.leaky_relu(gelu(x), float(np.float32(0.2)))

    case = check(reference, lambda x: F.leaky_relu(F.gelu(x), 0.2))
    assert case.verdict is Verdict.EQUIVALENT
    assert case.constants is not None
    assert {each.constant.value for each in case.constants.named} == {repr(math.sqrt(2)), "0.2"}
    wrong = check(reference, lambda x: F.leaky_relu(F.gelu(x), 0.2 * (1 + 1e-7)))
    assert wrong.verdict is Verdict.DIFFERENT


def test_a_real_difference_is_no_longer_buried():
    """The first output is off by a constant alone, the second by a mistake."""

    def candidate(x, mistake=1e-4):
        hidden = torch.sin(x / ROOT)
        return {"hidden": hidden, "y": hidden * (1 + mistake)}

    def reference(x):
        return {"hidden": cast(x), "y": cast(x)}

    assert check(reference, lambda x: candidate(x, 0)).verdict is Verdict.EQUIVALENT
    case = check(reference, candidate)
    assert case.verdict is Verdict.DIFFERENT
    verdicts = {output.name: output.verdict for output in case.outputs}
    assert verdicts["hidden"] is Verdict.EQUIVALENT
    assert verdicts["y"] is Verdict.DIFFERENT
    assert case.constants is not None
    assert not case.constants.complete
    assert case.constants.note.startswith("a constant's float32 rounding explains part")


def test_of_a_recorded_reference_only_the_candidate_is_run_again():
    literal = lambda x: F.leaky_relu(x, float(np.float32(0.2)))  # noqa: E731
    assert check(literal, lambda x: F.leaky_relu(x, 0.2), recorded=True).verdict.passes
    assert check(cast, lambda x: torch.sin(x / ROOT), recorded=True).verdict.passes is True


def test_a_passing_case_runs_nothing_more(monkeypatch):
    def fail(*args):
        raise AssertionError("no run was needed")

    monkeypatch.setattr("parity.checking.constant_runs.ConstantRuns.run", fail)
    assert check(cast, cast).verdict is Verdict.IDENTICAL
    assert check(cast, lambda x: torch.cos(x)).verdict is Verdict.DIFFERENT


def test_at_most_three_constants_are_named():
    values = [0.1, 0.2, 0.3, 0.7]

    def reference(x):
        return torch.stack([torch.sin(x * float(np.float32(value))) for value in values])

    case = check(reference, lambda x: torch.stack([torch.sin(x * value) for value in values]))
    assert case.verdict is Verdict.EQUIVALENT
    assert case.constants is not None
    assert len(case.constants.named) == 3
    assert case.constants.others == 1
    assert "and 1 more" in case.constants.note


def test_a_mistake_costs_at_most_a_run_for_each_state_of_a_side(monkeypatch):
    made = []
    run = ConstantRuns._run

    def counted(self, role, held, nearby):
        made.append((role, held, nearby))
        return run(self, role, held, nearby)

    monkeypatch.setattr(ConstantRuns, "_run", counted)
    wrong = check(gelu, lambda x: F.gelu(x, approximate="tanh") * 0.7)
    assert wrong.verdict is Verdict.DIFFERENT
    assert not made
    close = check(gelu, lambda x: exact_root(x) * (1 + 1e-5))
    assert close.verdict is Verdict.DIFFERENT
    assert len(made) <= 4


def test_behind_a_known_difference_only_what_float32_rounds_is_explained(monkeypatch):
    made = []
    run = ConstantRuns._run

    def counted(self, role, held, nearby):
        made.append(role)
        return run(self, role, held, nearby)

    monkeypatch.setattr(ConstantRuns, "_run", counted)
    behind = check(gelu, lambda x: exact_root(x) * (1 + 1e-4), differing=True)
    assert behind.verdict is Verdict.DIFFERENT
    assert not made
    constant = check(cast, lambda x: torch.sin(x / ROOT), differing=True)
    assert constant.verdict is Verdict.EQUIVALENT
    assert constant.constants is not None


def exact_root(x):
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
