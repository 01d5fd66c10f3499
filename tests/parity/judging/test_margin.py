"""The share of what rounding allows: 1 is where a verdict turns."""

import numpy as np
import pytest

from parity.judging.comparison import compare
from parity.judging.four_runs import FourRuns
from parity.judging.margin import margin, share_of_bound
from parity.judging.verdict import OutputResult, Verdict


def judged(by64=0.0, by32=0.0):
    """An output of scale 1 whose candidate is off by so much in either precision."""
    right = np.linspace(0.1, 1, 10)
    single, off = right.astype("f4"), (right + by32).astype("f4")
    return compare(FourRuns({"y": single}, {"y": off}, {"y": right}, {"y": right + by64}))[0]


@pytest.mark.parametrize(
    ("off", "verdict"),
    [
        ({}, Verdict.IDENTICAL),
        ({"by64": 1e-15}, Verdict.IDENTICAL),
        ({"by32": 2e-6}, Verdict.EQUIVALENT),
        ({"by32": 1e-5}, Verdict.IMPRECISE),
        ({"by64": 1e-12}, Verdict.DIFFERENT),
    ],
)
def test_an_output_passes_where_neither_share_exceeds_one(off, verdict):
    output = judged(**off)
    assert output.verdict is verdict
    assert (margin(output).worse <= 1) is verdict.passes


def test_an_output_that_was_not_compared_against_float64_has_no_margin():
    assert margin(OutputResult("y", Verdict.STRUCTURE)) is None


def test_no_bound_and_an_error_is_infinite():
    zero = OutputResult("y", Verdict.DIFFERENT, scale=0.0, max_abs_err_64=0.0, ref_err=0.0)
    off = OutputResult("y", Verdict.DIFFERENT, scale=0.0, max_abs_err_64=1.0, ref_err=0.0)
    for output, share in ((zero, 0.0), (off, float("inf"))):
        given = {**output.__dict__, "cand_err": output.max_abs_err_64}
        assert margin(OutputResult(**given)).worse == share


def test_outputs_are_put_in_order_by_their_differences_and_not_by_their_own_rounding():
    # A candidate that is off in float64 is as far off in float32.
    small, large = (judged(by64=by, by32=by) for by in (1e-6, 1e-2))
    assert share_of_bound(large) > 1e3 * share_of_bound(small) > 1e3
    assert share_of_bound(judged(by32=1e-5)) > 1 > share_of_bound(judged())
    assert share_of_bound(OutputResult("y", Verdict.STRUCTURE)) == float("inf")
