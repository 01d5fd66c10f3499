"""A diagnosis names a mutant rightly only by the planted bug, where it was planted."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from parity.declaring.known_bug import (
    ChangedInputs,
    KnownBug,
    OtherOperation,
    OtherOptions,
    PatchedCode,
)
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.judging.verdict import Verdict
from parity.mutate.mutant import Mutant, Planned, plan


def named(planted, *causes, certain=True):
    """How a diagnosis with these root causes names a planted bug."""
    causes = tuple(RootCause((cause,), 0.0) for cause in causes)
    diagnosis = Diagnosis("shares", "default", "scores", (), 1.0, causes, 1, confirmed=certain)
    mutant = Mutant("shares", "default", planted)
    return mutant.result(Verdict.DIFFERENT, diagnosis=diagnosis).named


def call_bug(number, kind, index, way, before, after):
    change = OtherOperation(kind, index, way, before, after)
    return KnownBug(number, f"{kind} {way}", f"{kind} {index}", change)


def input_bug(number, what, name):
    return KnownBug(number, what, name, ChangedInputs(lambda inputs: inputs))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        pytest.param(call_bug(35, "mean", 1, "as a sum", 3, 6), "right", id="undone in its place"),
        pytest.param(call_bug(35, "mean", 0, "as a sum", 1, 8), "wrong", id="another of its kind"),
        pytest.param(
            call_bug(35, "sum", 2, "as a mean", 4, 5), "wrong", id="the next, of its number"
        ),
        pytest.param(call_bug(35, "mean", None, "as a sum", 0, 0), "wrong", id="all of a kind"),
        pytest.param(input_bug(35, "sum or mean", "loss"), "wrong", id="no more than its number"),
    ],
)
def test_an_operation_is_named_right_only_where_it_was_planted(cause, expected):
    assert named(call_bug(35, "sum", 2, "as a mean", 3, 6), cause) == expected


def test_a_call_left_out_is_named_right_where_it_is_missing():
    left_out = call_bug(28, "add", 0, "left out", 3, 6)
    assert named(left_out, call_bug(28, "sqrt", 0, "with 1e-12 beneath it", 3, 5)) == "right"
    assert named(left_out, call_bug(28, "sqrt", 0, "with 1e-12 beside it", 2, 6)) == "right"
    assert named(left_out, call_bug(28, "sqrt", 1, "with 1e-12 beneath it", 4, 4)) == "wrong"
    assert named(left_out, call_bug(28, "sqrt", 0, "with 1e-12 beside it", 1, 7)) == "wrong"
    assert named(left_out, call_bug(23, "softmax", 0, "over axis 0 of 2", 3, 5)) == "wrong"


def test_a_mask_may_be_ignored_as_an_input_or_where_it_is_used():
    without = call_bug(22, "scaled_dot_product_attention", 0, "without its mask", 2, 2)
    assert named(without, input_bug(22, "mask ignored, as if all 1", "keep")) == "right"
    assert named(input_bug(22, "mask ignored, as if all 1", "keep"), without) == "right"
    assert named(without, input_bug(22, "mask inverted", "keep")) == "wrong"


def test_a_bug_may_be_named_in_other_words_if_the_port_says_so():
    other = "epsilon after the bias correction"
    planted = KnownBug(8, "torch.optim.Adam", "", PatchedCode(nullcontext), same_as=(other,))
    assert named(planted, input_bug(8, other, "adam")) == "right"
    assert named(planted, input_bug(8, "epsilon before the bias correction", "adam")) == "wrong"


def test_an_option_is_named_right_only_by_the_same_value():
    planted = KnownBug(None, "option size = 3", "should be 4", OtherOptions({"size": 3}))
    assert named(planted, planted) == "right"
    assert named(planted, replace(planted, what="option size = 5")) == "wrong"
    assert named(planted, input_bug(None, planted.what, planted.where)) == "wrong"


def test_a_bug_is_named_first_among_others_or_not_at_all():
    right, wrong = input_bug(22, "mask inverted", "x"), input_bug(5, "first row", "x")
    assert named(right, right, wrong) == "right"
    assert named(right, wrong, right) == "among others"
    assert named(right, wrong) == "wrong"
    assert named(right, wrong, certain=False) == "unsure"
    assert named(right) == "none"


def test_a_bug_is_planned_once_in_a_layer_with_every_configuration_that_allows_it():
    found = [
        ("first", "one", ["transposed", "negated"]),
        ("second", "one", ["negated"]),
        ("first", "two", ["negated", "squared", "squared"]),
    ]
    assert plan(found) == [
        Planned("first", (("one", 0),)),
        Planned("first", (("one", 1), ("two", 0))),
        Planned("second", (("one", 0),)),
        Planned("first", (("two", 1),)),
    ]


def test_one_call_explains_a_bug_in_all_calls_only_if_it_is_the_same_bug():
    everywhere = call_bug(35, "sum", None, "as a mean", 0, 0)
    assert named(everywhere, call_bug(35, "mean", 1, "as a sum", 3, 6)) == "right"
    assert named(everywhere, call_bug(23, "sum", 1, "over axis 0 of 2", 3, 6)) == "wrong"
