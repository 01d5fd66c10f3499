"""A hypothesis explains a mismatch only if rounding, or that of float32 constants, is left."""

from dataclasses import replace
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pytest
import torch

from parity.declaring.known_bug import (
    ChangedInputs,
    ChangedOutputs,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)
from parity.declaring.port import Built, Side
from parity.declaring.weight import Weight
from parity.diagnosing.hypothesis_runs import FLOAT32_CONSTANTS, HypothesisRuns
from parity.diagnosing.run_cache import RunCache
from parity.errors import SideFailedError
from tests.parity.diagnosing.small_ports import drawn, make_port, make_task, numpy_side, torch_side

X = drawn(4, 3)
SQUARED = numpy_side(lambda options, x: {"y": x**2, "z": x + 1})
NEGATED = KnownBug(
    None, "negated", "y", ChangedOutputs(lambda outputs, task: {**outputs, "y": -outputs["y"]})
)
HALVED = KnownBug(None, "halved", "x", ChangedInputs(lambda inputs: {"x": inputs["x"] / 2}))


def runs_of(reference, candidate, inputs=None, gradients=False):
    port = make_port(reference, candidate, inputs or {"x": X})
    return HypothesisRuns(port.pairs[0], make_task(port, gradients), RunCache())


def test_equal_sides_agree_and_others_do_not():
    assert runs_of(SQUARED, SQUARED).agrees
    wrong = runs_of(SQUARED, numpy_side(lambda o, x: {"y": x**2, "z": x + 1.001}))
    assert not wrong.agrees
    assert wrong.errors["y"] == 0 < wrong.errors["z"] < 1e-2


def test_a_missing_an_extra_and_a_reshaped_output_are_infinitely_wrong():
    shapes = runs_of(SQUARED, numpy_side(lambda o, x: {"y": x[0], "extra": x}))
    assert shapes.errors == {"y": np.inf, "z": np.inf, "extra": np.inf}


def test_a_candidate_that_raises_has_no_outputs_and_a_failure():
    def raising(options, x):
        raise ValueError("no such numbers")

    runs = runs_of(SQUARED, numpy_side(raising))
    assert runs.candidate == {}
    assert "ValueError: no such numbers" in runs.failure
    assert not runs.agrees
    assert runs.try_hypothesis((HALVED,)) is None


def test_a_reference_that_raises_is_an_error():
    with pytest.raises(SideFailedError, match="the reference failed"):
        runs_of(numpy_side(lambda o, x: {"y": x[9]}), SQUARED)


def test_a_hypothesis_explains_exactly_its_own_mismatch():
    runs = runs_of(SQUARED, numpy_side(lambda o, x: {"y": -((x / 2) ** 2), "z": x / 2 + 1}))
    assert not runs.explains(runs.errors)
    assert not runs.explains(runs.try_hypothesis((NEGATED,)))
    assert not runs.explains(runs.try_hypothesis((HALVED,)))
    both = runs.try_hypothesis((HALVED, NEGATED))
    assert both == {"y": 0, "z": 0}
    assert runs.explains(both)


def test_an_incomplete_comparison_stops_at_the_first_wrong_output():
    runs = runs_of(SQUARED, numpy_side(lambda o, x: {"y": x**2, "z": -x}))
    assert runs.try_hypothesis((HALVED,)).keys() == {"y", "z"}
    assert runs.try_hypothesis((HALVED,), complete=False).keys() == {"z"}


def test_a_hypothesis_that_the_reference_cannot_run_is_none():
    flat = KnownBug(None, "flat", "x", ChangedInputs(lambda inputs: {"x": inputs["x"][0, 0]}))
    gone = KnownBug(None, "gone", "y", ChangedOutputs(lambda outputs, task: {"y": outputs["w"]}))
    runs = runs_of(numpy_side(lambda o, x: {"y": x[:2]}), numpy_side(lambda o, x: {"y": x[1:3]}))
    assert runs.try_hypothesis((flat,)) is None
    assert runs.try_hypothesis((gone,)) is None


def test_an_operation_is_changed_in_the_candidate():
    runs = runs_of(
        torch_side(lambda x: torch.nn.functional.leaky_relu(x, 0.3)),
        torch_side(lambda x: torch.nn.functional.leaky_relu(x, 0.2)),
    )
    slope = OtherOperation("leaky_relu", 0, "with slope 0.3")
    assert runs.explains(runs.try_hypothesis((KnownBug(19, "slope", "", slope),)))


def test_constants_in_float32_count_as_explained_only_after_a_larger_error():
    third = float(np.float32(1 / 3))
    small = runs_of(
        numpy_side(lambda o, x: {"y": x / 3}), numpy_side(lambda o, x: {"y": x * third})
    )
    assert 0 < small.errors["y"] < FLOAT32_CONSTANTS
    assert not small.agrees
    assert not small.explains(small.errors)
    large = runs_of(
        numpy_side(lambda o, x: {"y": x / 3}), numpy_side(lambda o, x: {"y": -x * third})
    )
    negated = large.try_hypothesis((NEGATED,))
    assert not large.only_rounding(negated)
    assert large.explains(negated)


def test_integers_have_no_rounding():
    runs = runs_of(*[numpy_side(lambda o, x: {"y": np.arange(3)})] * 2)
    assert runs.is_rounding("y", 0.0)
    assert not runs.is_rounding("y", 1e-20)
    assert not runs.is_rounding("no such output", 1e-20)


def test_gradients_are_compared_only_if_the_values_agree():
    right = torch_side(lambda x: x**2)
    blocked = torch_side(lambda x: x * x.detach())
    assert runs_of(right, blocked).agrees
    runs = runs_of(right, blocked, gradients=True)
    assert runs.errors["y"] == 0
    assert runs.errors["grad/input/x"] > 0.1
    wrong = runs_of(right, torch_side(lambda x: -(x**2)), gradients=True)
    assert wrong.errors.keys() == {"y"}


def test_patterns_are_described_for_outputs_of_one_shape():
    runs = runs_of(SQUARED, numpy_side(lambda o, x: {"y": 3 * x**2, "z": x[0]}))
    assert runs.describe_pattern("y") == "every element is 3 times the reference's"
    assert runs.describe_pattern("z") == ""


def sized(options, dtype):
    kernel = torch.zeros(3, options["size"], dtype=getattr(torch, dtype), requires_grad=True)
    return Built(lambda given: {"y": given["x"] @ kernel}, {"kernel": kernel})


def sized_runs(candidate):
    port = make_port(Side("torch", sized), candidate, {"x": X})
    config = replace(port.pairs[0].configs[0], options={"size": 2})
    pair = replace(
        port.pairs[0],
        configs=(config,),
        weights=lambda options: (Weight("kernel", (3, options["size"]), ("kernel",)),),
    )
    port = replace(port, pairs=(pair,))
    return HypothesisRuns(pair, make_task(port), RunCache())


@pytest.mark.parametrize("built_in", [2, 4])
def test_weights_for_other_options_fit_only_a_candidate_that_has_these(built_in):
    runs = sized_runs(Side("torch", lambda options, dtype: sized({"size": built_in}, dtype)))
    bug = KnownBug(None, "option size = 4", "should be 2", OtherOptions({"size": 4}))
    other = runs.with_weights_for(bug, {"size": 4})
    assert bool(other.candidate and other.agrees) is (built_in == 4)
    assert runs.has_weights_of({"size": 4}) is (built_in == 4)
    assert runs.with_weights_for(bug, {"size": 2}) is None
    assert runs.with_weights_for(bug, {}) is None


def test_patches_are_in_force_for_gradients_too():
    factor = SimpleNamespace(value=3.0)

    class Scaled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view_as(x)

        @staticmethod
        def backward(ctx, upstream):
            return factor.value * upstream

    def candidate(x):
        return Scaled.apply(x)

    right = torch_side(lambda x: x.view_as(x))
    runs = runs_of(right, torch_side(candidate), gradients=True)
    assert runs.values_agree
    assert not runs.agrees

    def patched(value):
        return KnownBug(None, "", "", PatchedCode(lambda: patch.object(factor, "value", value)))

    assert runs.explains(runs.try_hypothesis((patched(1.0),)))
    assert not runs.explains(runs.try_hypothesis((patched(2.0),)))


def test_patches_that_cannot_be_made_or_never_end_explain_nothing(monkeypatch):
    def refusing():
        raise ValueError("no such code")

    def endless():
        while True:
            pass

    monkeypatch.setattr("parity.diagnosing.changed_runs._LONGEST", 0.2)
    runs = runs_of(SQUARED, numpy_side(lambda o, x: {"y": x, "z": x}))
    for started in (refusing, endless):
        assert runs.try_hypothesis((KnownBug(None, "", "", PatchedCode(started)),)) is None
