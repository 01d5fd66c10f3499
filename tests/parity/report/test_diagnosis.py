"""A diagnosis says where, why and how surely; a check prints one for each layer at fault."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from parity.checking.checker import CaseResult, Checker
from parity.checking.selection import Selection
from parity.declaring.known_bug import ChangedOutputs, KnownBug, OtherOperation
from parity.diagnosing.diagnosis import Diagnosis, RootCause
from parity.judging.verdict import Verdict
from parity.report.diagnosis import _few_of_each, document, explain, lines
from tests.parity.diagnosing.small_ports import (
    LARGE,
    REFUSED,
    SQUARED,
    make_port,
    numpy_side,
    squared_unless,
)

FLIPPED = KnownBug(None, "sign flipped", "y", ChangedOutputs(lambda outputs, task: outputs))
SLOPE = KnownBug(
    19, "leaky_relu with slope 0.3", "leaky_relu 1", OtherOperation("leaky_relu", 0, "")
)
UNKNOWN = Diagnosis("layer", "default", "y", (), 0.5, (), 7)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "where: first difference in y"),
        ({"agreeing": ("a",)}, "where: first difference in y; a before it agrees in float64"),
        (
            {"in_place": True},
            "where: y differs even if the layers before it return the reference's outputs",
        ),
        (
            {"agreeing": ("a", "b", "c", "d")},
            "where: first difference in y; b, c, d before it agree in float64",
        ),
        (
            {"intermediate": None},
            "where: no difference in float64; the sides differ only in float32",
        ),
        (
            {"failure": "ValueError: no"},
            "where: nothing to compare, as the candidate raises: ValueError: no",
        ),
        (
            {"failure": "no", "zeros_and_ones": True, "intermediate": None},
            "where: nothing to compare, as the candidate raises: no; on inputs of 0 and 1: "
            "no difference, so a value in the given inputs causes the error",
        ),
    ],
)
def test_where_a_mismatch_arises(changes, expected):
    assert lines(replace(UNKNOWN, **changes))[0] == expected


ONE = (RootCause((FLIPPED,), 1e-16),)
TWO = (*ONE, RootCause((SLOPE,), 2e-16))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ["why: cause unknown (tried 7 known bugs, alone and in pairs)"]),
        (
            {"pattern": "every element is 2 times the reference's"},
            [
                "how: every element is 2 times the reference's",
                "why: cause unknown (tried 7 known bugs, alone and in pairs)",
            ],
        ),
        (
            {"root_causes": ONE},
            [
                "why: sign flipped (y); under this hypothesis, the float64 error falls from "
                "0.5 to 1e-16"
            ],
        ),
        (
            {"root_causes": (replace(TWO[1], evidence="it says so"),)},
            ["why: should be: leaky_relu with slope 0.3 (leaky_relu 1); it says so"],
        ),
        (
            {"root_causes": ONE, "confirmed": False},
            [
                "why: perhaps sign flipped (y); under this hypothesis, the float64 error falls "
                "from 0.5 to 1e-16; but not with the records in reverse order, so it is at most "
                "part of the cause"
            ],
        ),
        (
            {"root_causes": TWO},
            [
                "why: one of 2 causes that these inputs do not distinguish:",
                "  sign flipped (y); under this hypothesis, the float64 error falls from "
                "0.5 to 1e-16",
                "  should be: leaky_relu with slope 0.3 (leaky_relu 1); with that, the float64 "
                "error falls from 0.5 to 2e-16",
            ],
        ),
    ],
)
def test_why_a_mismatch_arises(changes, expected):
    assert lines(replace(UNKNOWN, **changes))[1:] == expected


def test_of_many_causes_three_are_shown():
    text = lines(replace(UNKNOWN, root_causes=TWO * 2))[1:]
    assert text[0].endswith(
        "one of 4 causes that these inputs do not distinguish (the first 3 are shown):"
    )
    assert len(text) == 4


def test_the_document_has_every_cause_and_no_infinity():
    found = document(replace(UNKNOWN, error=float("inf"), root_causes=TWO))
    assert found["error"] is None
    assert found["intermediate"] == "y"
    assert found["explanation"] == lines(replace(UNKNOWN, error=float("inf"), root_causes=TWO))
    assert found["root_causes"][1] == {
        "known_bugs": [
            {"number": 19, "what": "leaky_relu with slope 0.3", "where": "leaky_relu 1"}
        ],
        "error_left": 2e-16,
    }


def test_a_candidate_that_raises_is_diagnosed_but_not_a_reference():
    wrong = numpy_side(squared_unless(lambda x: x > 2))
    for port, certain in (
        (make_port(SQUARED, wrong, {"x": LARGE}, known_bugs=(REFUSED,)), [True]),
        (make_port(wrong, SQUARED, {"x": LARGE}), []),
    ):
        checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
        case = checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")
        assert case.verdict is Verdict.NOT_COMPARED
        console = Console(file=StringIO(), width=200)
        documents = explain(console, checker, [case])
        assert [found["certain"] for found in documents] == certain
        assert all("numbers above 2 refused (x)" in str(d["explanation"]) for d in documents)


def test_a_recorded_reference_cannot_be_diagnosed():
    port = make_port(SQUARED, numpy_side(lambda o, x: {"y": -(x**2)}), {"x": LARGE})
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
    case = checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")
    checker.reference.provenance = {"made": "elsewhere"}
    printed = StringIO()
    assert explain(Console(file=printed, width=200), checker, [case]) == []
    assert "check without --golden" in printed.getvalue()


def test_a_few_divergences_of_a_case_are_diagnosed_and_the_others_named():
    cases = [
        CaseResult("model", name, "isolated", "drawn", Verdict.DIFFERENT) for name in ("one", "two")
    ]
    printed = StringIO()
    given = [(cases[0], name) for name in "abcde"] + [(cases[1], "")]
    kept = _few_of_each(Console(file=printed, width=200), given)
    assert kept == [*given[:3], given[-1]]
    assert "not diagnosed yet: d, e; fix the others first" in printed.getvalue()
