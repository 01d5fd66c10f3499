"""The four runs as one thing: what is missing stays missing."""

import numpy as np
import pytest

from parity.judging.four_runs import Context, FourRuns

FOUR = FourRuns("ref", "cand", "REF", "CAND")


def test_a_function_is_applied_to_each_run_and_not_to_a_missing_one():
    assert FOUR.map(len) == FourRuns(3, 4, 3, 4)
    assert FourRuns("ref", "cand", None, "CAND").map(len) == FourRuns(3, 4, None, 4)


def test_runs_are_grouped_by_precision_and_by_side():
    assert FOUR.both64 == ("REF", "CAND")
    assert FOUR.by_side == (("ref", "REF"), ("cand", "CAND"))


def test_both_float64_runs_are_not_there_if_one_is_missing():
    with pytest.raises(AssertionError):
        _ = FourRuns("ref", "cand", "REF", None).both64


def test_a_dtype_that_numpy_lacks_goes_before_that_of_the_array():
    runs = FourRuns({"x": np.zeros(2, "f4")}, {"x": np.zeros(2, "f4")}, None, None)
    context = Context(stored_dtypes=({"x": "bfloat16"}, {}))
    assert context.dtypes("x", runs) == ("bfloat16", "float32")
