"""How a cross-check is shown: never as a mismatch that counts, and with what it means."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from parity.judging.verdict import CrossCheck, Verdict
from parity.report.onnx_cross_check import (
    details,
    document,
    heading,
    mark,
    print_cross_checks,
    style,
)
from tests.parity.report.results import BAD, GOOD, case

SIDES = ("tensorflow", "torch")
PASSES = CrossCheck("candidate", "torch", Verdict.EQUIVALENT, (GOOD,))
FAILS = CrossCheck("candidate", "torch", Verdict.DIFFERENT, (BAD,))
EXEMPT = CrossCheck("candidate", "torch", None, exempt="it has no operation")
REFUSED = CrossCheck("reference", "tensorflow", None, notes=("no kernel",))


def crossed(output, *cross_checks):
    return replace(case("isolated", output), cross_checks=cross_checks)


def said(output, *cross_checks):
    return [line.plain for line in details(crossed(output, *cross_checks), SIDES)]


@pytest.mark.parametrize(
    ("cross_check", "expected"),
    [
        (PASSES, ("✓", "green")),
        (FAILS, ("✗", "yellow")),
        (EXEMPT, ("-", "dim")),
        (REFUSED, ("-", "dim")),
        (replace(FAILS, verdict=Verdict.NOT_COMPARED), ("✗", "yellow")),
    ],
)
def test_no_cell_is_red(cross_check, expected):
    assert (mark(cross_check), style(cross_check)) == expected


def test_a_column_is_named_for_the_framework_that_was_exported():
    assert heading("reference", SIDES) == "onnx (tensorflow)"
    assert heading("candidate", SIDES) == "onnx (torch)"


def test_what_agrees_needs_no_words():
    assert said(GOOD, PASSES, EXEMPT) == []


def test_a_disagreement_says_whom_to_suspect():
    of_output, conclusion = said(GOOD, FAILS)
    assert of_output == "onnx (torch): y different: float64 runs differ"
    assert conclusion.startswith("onnx (torch): does not count: the frameworks agree, so")
    # Where the frameworks differ too, nothing is concluded.
    assert len(said(BAD, FAILS)) == 1


def test_an_export_that_is_right_where_the_candidate_is_wrong_is_said_to_be():
    (line,) = said(BAD, PASSES)
    assert line.startswith("onnx (torch): agrees with the reference although the candidate itself")
    assert said(BAD, replace(PASSES, role="reference")) == []


def test_what_was_not_exported_says_why():
    assert said(GOOD, REFUSED) == ["onnx (tensorflow): not exported: no kernel"]


def test_of_many_outputs_the_first_are_shown():
    many = replace(FAILS, outputs=tuple(replace(BAD, name=f"y{n}") for n in range(5)))
    lines = said(GOOD, many)
    assert [line.split()[2] for line in lines[:3]] == ["y0", "y1", "y2"]
    assert lines[3] == "onnx (torch): and 2 more outputs"


def test_verdicts_are_counted_by_role():
    stream = io.StringIO()
    cases = [crossed(GOOD, PASSES, REFUSED), crossed(GOOD, FAILS), crossed(GOOD, PASSES, EXEMPT)]
    print_cross_checks(Console(file=stream, width=40), cases)
    assert stream.getvalue().splitlines() == [
        "onnx, from the candidate: 2 equivalent, 1 different, 1 exempt; it does not count",
        "onnx, from the reference: 1 not exported; it does not count",
        "not exported to onnx: layer: it has no operation",
    ]


@pytest.mark.parametrize(
    ("cross_check", "verdict", "notes"),
    [
        (PASSES, "equivalent", []),
        (EXEMPT, "exempt", ["it has no operation"]),
        (REFUSED, "not exported", ["no kernel"]),
    ],
)
def test_the_document(cross_check, verdict, notes):
    found = document(cross_check)
    assert (found["verdict"], found["notes"]) == (verdict, notes)
    assert (found["role"], found["framework"]) == (cross_check.role, cross_check.framework)
