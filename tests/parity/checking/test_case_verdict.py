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
from parity.judging.verdict import Verdict


def right(x):
    return {"mean": x.mean(-1), "scaled": x * x.dtype.type(1 / 3)}


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
