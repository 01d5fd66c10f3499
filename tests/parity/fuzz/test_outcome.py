"""Outcome of a fuzz case: what is a counterexample, and what could not be compared."""

import numpy as np
import pytest

from parity.errors import ParityError
from parity.fuzz.outcome import run_case
from parity.judging.verdict import Verdict


def right(x):
    return {"y": x * 2}


def wrong(x):
    return {"y": x * 3}


def narrow(x):
    return {"y": x[:1]}


def renamed(x):
    return {"z": x * 2}


def raising(x):
    raise ValueError("no such axis\nand more")


def nan(x):
    return {"y": np.full_like(x, np.nan)}


@pytest.fixture
def outcome(small_port, target_of):
    def run(reference, candidate):
        port = small_port(reference, candidate)
        return run_case(port.pairs[0], target_of(port).task)

    return run


@pytest.mark.parametrize(
    ("reference", "candidate", "verdict", "is_counterexample", "reason"),
    [
        (right, right, Verdict.IDENTICAL, False, ""),
        (right, wrong, Verdict.DIFFERENT, True, "y: float64 runs differ by "),
        (right, narrow, Verdict.STRUCTURE, True, "y: shape (1, 5), expected (4, 5)"),
        (right, renamed, Verdict.STRUCTURE, True, ""),
        (right, raising, Verdict.NOT_COMPARED, True, "the candidate failed in float32: ValueError"),
        (raising, right, Verdict.NOT_COMPARED, True, "the reference failed in float32: ValueError"),
        (raising, raising, Verdict.NOT_COMPARED, False, "the reference failed in float32"),
        (nan, nan, Verdict.NOT_COMPARED, False, "y: "),
    ],
)
def test_what_is_a_counterexample(
    outcome, reference, candidate, verdict, is_counterexample, reason
):
    found = outcome(reference, candidate)
    assert (found.verdict, found.is_counterexample) == (verdict, is_counterexample)
    assert found.reason.startswith(reason)
    assert "\n" not in found.reason
    assert bool(found.reason) != found.verdict.passes


def test_an_error_that_no_input_causes_is_raised(small_port, target_of, swap):
    port = small_port(right, right)
    task = target_of(port).task
    pair = port.pairs[0]
    absent = type(pair.candidate)("nowhere", pair.candidate.build)
    with pytest.raises(ParityError, match="nowhere"):
        run_case(swap(port, "layer", candidate=absent).pairs[0], task)


def test_as_a_case_of_a_check(outcome):
    found = outcome(right, wrong)
    case = found.as_case("layer", "default", "replay", "file")
    assert (case.layer, case.config, case.mode, case.input) == (
        "layer",
        "default",
        "replay",
        "file",
    )
    assert (case.verdict, case.outputs, case.notes) == (found.verdict, found.outputs, found.notes)
