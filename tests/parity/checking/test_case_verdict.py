"""Further runs where a verdict is in doubt: samples of the reference's error, and reruns."""

from dataclasses import replace

import numpy as np
import pytest

from parity.checking.case_runs import LiveReference
from parity.checking.case_verdict import _longest_sum
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.trace import Trace
from parity.errors import UnsampledError
from parity.judging.verdict import Verdict, exit_code


def noisy(seed=None):
    random = np.random.default_rng(seed)
    return lambda x: {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3) * random.random()}


def right(x):
    return {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3)}


def test_a_random_reference_is_not_compared(toy, run_case):
    case = run_case(toy(right, noisy(1)))
    assert case.verdict is Verdict.NOT_COMPARED
    assert exit_code([case.verdict]) == 2
    assert case.notes[-1].startswith(
        "the reference is not deterministic: run twice on the same input, its float64 output "
        "scaled differs by "
    )
    assert {o.name: o.verdict for o in case.outputs} == {
        "mean": Verdict.IDENTICAL,
        "scaled": Verdict.NOT_COMPARED,
    }


def test_a_random_candidate_is_a_mismatch_and_is_told_why(toy, run_case):
    case = run_case(toy(noisy(1), right))
    assert case.verdict is Verdict.DIFFERENT
    assert exit_code([case.verdict]) == 1
    assert "the candidate is not deterministic" in case.notes[-1]
    assert "is it in training mode" in case.notes[-1]


def test_a_reference_whose_structure_is_random(toy, run_case):
    calls = iter(range(100))

    def growing(x):
        return {"y": np.arange(4) + next(calls)}

    case = run_case(toy(lambda x: {"y": np.arange(4) + 50}, growing))
    assert case.verdict is Verdict.NOT_COMPARED
    assert "has other values" in case.notes[-1]


def test_a_steady_mismatch_says_nothing_of_the_kind(toy, run_case):
    case = run_case(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))
    assert case.verdict is Verdict.DIFFERENT
    assert case.notes == ()


def test_threads_that_sum_in_another_order_are_no_randomness(toy, run_case):
    order = np.random.default_rng(3)

    def summed(x):
        return {"mean": x[:, order.permutation(x.shape[1])].sum(-1), "scaled": x}

    case = run_case(toy(lambda x: {"mean": x.sum(-1) + 1, "scaled": x}, summed))
    assert case.verdict is Verdict.DIFFERENT
    assert case.notes == ()


def test_what_changes_its_input_in_place_is_told(toy, run_case):
    def in_place(x):
        x *= x.dtype.type(1 / 3)
        return {"mean": x.mean(-1) * 3, "scaled": x}

    case = run_case(toy(in_place))
    assert case.verdict.passes
    assert case.notes == ("the candidate changes its input x in place",)


@pytest.mark.parametrize("side", ["reference", "candidate"])
def test_memory_that_runs_out_is_said_to(toy, run_case, side):
    def greedy(x):
        return {"mean": np.empty(1 << 50), "scaled": x}

    case = run_case(toy(greedy, right) if side == "candidate" else toy(right, greedy))
    assert case.verdict is Verdict.NOT_COMPARED
    (note,) = case.notes
    assert note.startswith(f"the {side} ran out of memory in float32: ")
    assert note.endswith("use fewer records (--records) or a smaller configuration (--config)")


def test_an_exact_reference_is_sampled_before_a_candidate_is_called_imprecise(toy, run_case):
    """The partial sums of the reference stay below 1, and so are exact, unlike the candidate's."""

    def load(source, seed, count):
        x = np.array([[0.75 + 2**-24, 0.75, 0.75, 0.7495]], np.float32)
        return InputSet("cancelling", {"x": x})

    def in_turn(x):
        return {"sum": (x[:, 0] - x[:, 1]) + (x[:, 2] - x[:, 3])}

    def positive_first(x):
        return {"sum": (x[:, 0] + x[:, 2]) - (x[:, 1] + x[:, 3])}

    case = run_case(replace(toy(positive_first, in_turn), load_inputs=load))
    assert case.verdict.passes, case
    assert case.notes == ("the reference's rounding error was sampled on 8 ulp-perturbed runs",)
    wrong = toy(lambda x: {"sum": positive_first(x)["sum"] * x.dtype.type(1 + 1e-3)}, in_turn)
    assert not run_case(replace(wrong, load_inputs=load)).verdict.passes


def test_without_samples_a_possible_sampling_error_is_not_compared(toy):
    class Unsampled(LiveReference):
        def errors(self, pair, config, task):
            raise UnsampledError("errors were not recorded")

    def careless(x):
        factor = 1 / 3 if x.dtype == np.float64 else 1 / 3 * (1 + 1e-3)
        return {"mean": x.mean(-1), "scaled": x * x.dtype.type(factor)}

    def wrong(x):
        return {"mean": x.mean(-1) * 2, "scaled": x * x.dtype.type(1 / 3)}

    for candidate, verdict in ((careless, Verdict.NOT_COMPARED), (wrong, Verdict.DIFFERENT)):
        port = toy(candidate)
        inputs = port.load_inputs(None, 1, 5)
        checker = Checker(port, inputs, Selection(), Unsampled())
        case = checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")
        assert case.verdict is verdict, case
        assert ("errors were not recorded" in case.notes) == (verdict is Verdict.NOT_COMPARED)


@pytest.mark.parametrize(("shape", "longest"), [((7, 3), 7), ((2, 9), 9)])
def test_the_longest_sum_is_over_the_largest_side_of_a_kernel(shape, longest):
    outputs = {"y": np.zeros((100, 5))}
    trace = Trace("numpy", "2", "float32", outputs, parameter_shapes={"w": shape, "b": (50,)})
    assert _longest_sum(trace) == longest
    assert _longest_sum(replace(trace, parameter_shapes={})) == 5
