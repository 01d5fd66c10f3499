"""Weights and inputs whose gradients are zero in every case."""

from dataclasses import replace

from parity.checking.case_result import CaseResult
from parity.coverage.unused import Unused, find_unused
from parity.judging.verdict import OutputResult, Verdict


def case(layer, scales, mode="isolated"):
    outputs = tuple(
        OutputResult(name, Verdict.EQUIVALENT, scale=scale) for name, scale in scales.items()
    )
    return CaseResult(layer, "default", mode, "drawn", Verdict.EQUIVALENT, outputs)


def test_zero_in_every_case_is_unused():
    results = [
        case("one", {"y": 0.0, "grad/weight/k": 0.0, "grad/weight/b": 0.0, "grad/input/x": 0.0}),
        case("two", {"grad/weight/k": 0.0, "grad/weight/b": 2.0, "grad/input/x": 1.0}),
    ]
    assert find_unused(results) == [Unused("one", "weight", "k"), Unused("one", "input", "x")]


def test_without_gradients_and_in_cascades_nothing_is_known():
    assert find_unused([case("one", {"y": 0.0})]) == []
    assert find_unused([case("one", {"grad/weight/k": 0.0}, "cascade")]) == []
    assert find_unused([case("one", {"grad/weight/k": None})]) == []


def test_running_statistics_have_no_gradient_and_are_not_unused():
    both = case("norm", {"grad/weight/mean": 0.0, "grad/weight/k": 0.0})
    without = replace(both, untrained=("mean",))
    assert find_unused([without]) == [Unused("norm", "weight", "k")]
