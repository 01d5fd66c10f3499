"""Verdicts: which pass, which is the worst, and what a cross-check is labelled."""

import numpy as np
import pytest

from parity.judging.verdict import CrossCheck, Element, Verdict, exit_code, worst


def test_three_verdicts_pass_and_three_are_mismatches():
    passing = [Verdict.EXEMPT, Verdict.IDENTICAL, Verdict.EQUIVALENT]
    assert [v for v in Verdict if v.passes] == passing
    mismatches = [Verdict.IMPRECISE, Verdict.DIFFERENT, Verdict.STRUCTURE]
    assert [v for v in Verdict if v.mismatch] == mismatches


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([], Verdict.NOT_COMPARED),
        ([Verdict.EXEMPT], Verdict.NOT_COMPARED),
        ([Verdict.EXEMPT, Verdict.IDENTICAL], Verdict.IDENTICAL),
        ([Verdict.IDENTICAL, Verdict.EQUIVALENT], Verdict.EQUIVALENT),
        ([Verdict.EQUIVALENT, Verdict.NOT_COMPARED], Verdict.NOT_COMPARED),
        ([Verdict.NOT_COMPARED, Verdict.IMPRECISE], Verdict.IMPRECISE),
        ([Verdict.DIFFERENT, Verdict.IMPRECISE], Verdict.DIFFERENT),
        ([Verdict.STRUCTURE, Verdict.DIFFERENT], Verdict.STRUCTURE),
    ],
)
def test_a_whole_is_as_bad_as_its_worst_part(parts, whole):
    assert worst(parts) is whole


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ((Verdict.EQUIVALENT, Verdict.IDENTICAL), 0),
        ((Verdict.EQUIVALENT, Verdict.NOT_COMPARED), 2),
        ((Verdict.NOT_COMPARED, Verdict.IMPRECISE), 1),
        ((), 2),
    ],
)
def test_exit_codes(verdicts, code):
    assert exit_code(iter(verdicts)) == code


def test_an_element_has_every_digit_of_both_sides():
    arrays = np.array([[1.0, 0.1]]), np.array([[1.0, 0.30000000000000004]])
    assert Element.at((0, 1), *arrays) == Element((0, 1), "0.1", "0.30000000000000004", "float64")
    assert Element.at((0, 0), *arrays, "bfloat16").dtype == "bfloat16"


@pytest.mark.parametrize(
    ("check", "label"),
    [
        (CrossCheck("candidate", "torch", Verdict.IDENTICAL), "identical"),
        (CrossCheck("candidate", "torch", None), "not exported"),
        (CrossCheck("candidate", "torch", None, exempt="it draws numbers"), "exempt"),
    ],
)
def test_a_cross_check_without_a_verdict_says_why(check, label):
    assert check.label == label
