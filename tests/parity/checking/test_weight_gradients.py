"""Weight gradients are taken once more with inputs that need none, as in training."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.checking.case_runs import LiveReference
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.checking.weight_gradients import SUFFIX
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.diagnosing.cases import select_cases
from parity.fuzz.outcome import run_case
from parity.judging.verdict import Verdict, worst
from parity.report.checked import Checked
from parity.report.summary import headline

LAYER = "dense"
WEIGHTS = (Weight("kernel", (4, 3), ("kernel",)), Weight("bias", (3,), ("bias",)))


def side(function):
    """A dense layer whose function is given inputs, kernel and bias."""

    def build(options, dtype):
        kernel, bias = (
            torch.nn.Parameter(torch.zeros(weight.shape, dtype=getattr(torch, dtype)))
            for weight in WEIGHTS
        )
        parameters = {"kernel": kernel, "bias": bias}
        return Built(lambda given: {"y": function(given["x"], kernel, bias)}, parameters)

    return Side("torch", build)


def tensorflow_side():
    def build(options, dtype):
        import tensorflow as tf

        held = {w.name: tf.Variable(np.zeros(w.shape, dtype)) for w in WEIGHTS}
        return Built(lambda given: {"y": tf.tanh(given["x"] @ held["kernel"] + held["bias"])}, held)

    return Side("tensorflow", build)


def right(x, kernel, bias):
    return torch.tanh(x @ kernel + bias)


def of_the_first_column(x, kernel, bias):
    """The kernel's gradient is lost but for a column, where the input needs none."""
    if x.requires_grad:
        return right(x, kernel, bias)
    return right(x, torch.cat([kernel[:, :1], kernel[:, 1:].detach()], 1), bias)


def another_output(x, kernel, bias):
    return right(x, kernel, bias) * (1 if x.requires_grad or not torch.is_grad_enabled() else 1.1)


def raising(x, kernel, bias):
    if not x.requires_grad:
        raise ValueError("x is a constant")
    return right(x, kernel, bias)


def in_another_order(x, kernel, bias):
    """The same, but for rounding: the sum is split where the input needs no gradient."""
    if x.requires_grad:
        return right(x, kernel, bias)
    return torch.tanh(x[:, :2] @ kernel[:2] + (bias + x[:, 2:] @ kernel[2:]))


def pair_of(candidate, reference=right):
    given = side(reference) if callable(reference) else reference
    return Pair(
        LAYER,
        given,
        side(candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: WEIGHTS,
    )


def checker_of(pair, gradients=True, reference=None, x=None):
    def load(source, seed, count):
        drawn = np.random.default_rng(seed).normal(size=(count, 4)).astype("float32")
        return InputSet("drawn", {"x": drawn if x is None else x})

    port = Port("port", (pair,), load)
    return Checker(port, load(None, 1, 6), Selection(gradients=gradients), reference)


def check(pair, **how):
    return checker_of(pair, **how).run(pair, pair.configs[0], "isolated")


def failing(case):
    return {output.name: output for output in case.outputs if not output.verdict.passes}


@pytest.mark.parametrize("reference", [right, tensorflow_side()], ids=["torch", "tensorflow"])
def test_a_gradient_that_depends_on_requires_grad_is_refused_by_name(reference):
    case = check(pair_of(of_the_first_column, reference))
    assert case.verdict is Verdict.DIFFERENT
    (found,) = failing(case).values()
    assert found.name == "grad/weight/kernel (inputs need no gradient)"
    assert found.reason.startswith(
        "with inputs that need no gradient, as in training, the candidate computes something else: "
        "float64 runs differ by "
    )
    assert found.reason.endswith("does a branch depend on requires_grad?")


def test_the_report_begins_with_it_and_tries_no_known_bugs():
    pair = pair_of(of_the_first_column)
    case = check(pair)
    port = checker_of(pair).port
    assert select_cases(port, [case]) == []
    asked = Selection(gradients=True)
    checked = Checked("port", {}, InputSet("drawn", {}), asked, (case,), (), 1.0)
    where, why, _ = headline(checked)
    assert where.endswith("first difference in grad/weight/kernel (inputs need no gradient)")
    assert why.startswith("why: with inputs that need no gradient, as in training, ")


def test_only_gradients_show_it():
    assert check(pair_of(of_the_first_column), gradients=False).verdict.passes


def test_an_output_that_depends_on_requires_grad_is_refused_too():
    names = failing(check(pair_of(another_output)))
    assert set(names) >= {f"y{SUFFIX}", f"grad/weight/bias{SUFFIX}"}


def test_a_candidate_that_raises_on_such_inputs_is_not_compared():
    case = check(pair_of(raising))
    assert case.verdict is Verdict.NOT_COMPARED
    (found,) = failing(case).values()
    assert "x is a constant" in found.reason


@pytest.mark.parametrize("candidate", [right, in_another_order])
def test_what_is_the_same_up_to_rounding_passes_and_adds_nothing(candidate):
    case = check(pair_of(candidate))
    assert case.verdict.passes, failing(case)
    assert not any(output.name.endswith(SUFFIX) for output in case.outputs)


def test_a_reference_with_the_same_branch_is_compared_under_the_same_conditions():
    assert check(pair_of(of_the_first_column, of_the_first_column)).verdict.passes
    wrong = check(pair_of(another_output, of_the_first_column))
    assert f"grad/weight/kernel{SUFFIX}" in failing(wrong)
    only_theirs = failing(check(pair_of(right, of_the_first_column)))
    assert "the reference computes something else" in next(iter(only_theirs.values())).reason


def test_a_recorded_reference_is_not_run_again():
    class Recorded(LiveReference):
        def rerun(self, pair, task, dtype="float64", changes=None):
            return None

    assert check(pair_of(right), reference=Recorded()).verdict.passes
    assert not check(pair_of(of_the_first_column), reference=Recorded()).verdict.passes


def test_integers_alone_need_no_second_run():
    def by_codes(x, kernel, bias):
        return right(x.to(kernel.dtype), kernel, bias)

    runs = []

    def counted(x, kernel, bias):
        runs.append(x)
        return by_codes(x, kernel, bias)

    codes = np.arange(8).reshape(2, 4)
    assert check(pair_of(counted, by_codes), x=codes).verdict.passes
    assert len(runs) == 2


def test_without_float64_the_float32_runs_are_compared():
    def single_only(function):
        def call(x, kernel, bias):
            if x.dtype == torch.float64:
                raise TypeError("no kernel for float64")
            return function(x, kernel, bias)

        return call

    assert check(pair_of(single_only(right))).verdict.passes
    case = check(pair_of(single_only(of_the_first_column)))
    assert case.verdict is Verdict.DIFFERENT


def test_fuzz_finds_it():
    pair = pair_of(of_the_first_column)
    task = checker_of(pair).task(pair, pair.configs[0])
    assert run_case(pair, task).verdict is Verdict.DIFFERENT
    assert run_case(pair, replace(task, differentiate=())).verdict.passes
    assert worst(o.verdict for o in run_case(pair_of(right), task).outputs).passes
