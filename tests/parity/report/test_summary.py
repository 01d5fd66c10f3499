"""Counts, the case to begin with, and the three lines that matter."""

from dataclasses import replace

import pytest

from parity.checking.case_result import CaseResult
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.judging.verdict import Verdict
from parity.report.checked import Checked
from parity.report.summary import counts, headline, origin, relative_error
from tests.parity.report.results import BAD, GOOD, case

DIAGNOSIS = {
    "layer": "layer",
    "config": "default",
    "explanation": ["where: first in y", "why: one of two:", "  transposed", "  negated"],
    "root_causes": [{}, {}],
}


def checked(*results, diagnoses=(), named="my port.py", grad=False):
    chosen = Selection(gradients=grad)
    given = InputSet("drawn", {})
    return Checked("toy", {}, given, chosen, results, diagnoses, 1.0, named=named)


def test_the_first_isolated_mismatch_is_where_to_begin():
    found = [case("cascade", BAD), case("isolated", GOOD), case("isolated", BAD)]
    assert origin(found) is found[2]
    assert origin(found[:2]) is found[0]
    assert origin(found[1:2]) is None
    assert counts(found) == {"equivalent": 1, "different": 2}


def test_relative_error_is_the_largest_and_none_for_identical_outputs():
    assert relative_error(case("isolated", GOOD)) == 2e-16
    assert relative_error(case("isolated", replace(GOOD, verdict=Verdict.IDENTICAL))) is None
    assert relative_error(case("isolated", replace(GOOD, scale=None))) is None


def test_a_passing_check_has_no_headline():
    assert headline(checked(case("isolated", GOOD))) == []


def test_a_diagnosed_mismatch_says_where_why_and_what_next():
    found = checked(case("isolated", GOOD), case("isolated", BAD), diagnoses=(DIAGNOSIS,))
    assert headline(found) == [
        "where: layer, default, isolated: first in y",
        "why: one of two:",
        "  transposed",
        "  negated",
        "next: fix this first, then run: parity check 'my port.py' --layer layer --config default",
    ]


def test_other_divergences_are_named_beside_the_first():
    several = replace(case("isolated", BAD), independent=("y", "z"))
    first, second = ({**DIAGNOSIS, "intermediate": name} for name in "yz")
    found = headline(checked(several, diagnoses=(first, second)))
    assert found[-2] == "also: wrong by themselves, and explained below: z"
    # One cause explains them all.
    assert not any(
        line.startswith("also") for line in headline(checked(several, diagnoses=(first,)))
    )


def test_an_unexplained_mismatch_leads_to_the_page_with_pictures():
    found = checked(case("cascade", BAD), named="", grad=True)
    assert headline(found) == [
        "where: layer, default, cascade: first difference in y",
        "why: float64 runs differ",
        "next: locate the errors within the output: "
        "parity check --layer layer --config default --grad --html page.html",
    ]


def test_the_headline_is_of_the_diagnosed_layer():
    other = replace(case("isolated", BAD), layer="earlier")
    found = checked(other, case("isolated", BAD), diagnoses=(DIAGNOSIS,))
    assert headline(found)[0] == "where: layer, default, isolated: first in y"


@pytest.mark.parametrize("notes", [("the candidate failed in float32: no",), ()])
def test_a_case_that_could_not_be_compared_gives_its_note(notes):
    raising = CaseResult("layer", "default", "isolated", "in", Verdict.NOT_COMPARED, (), notes)
    where, why, following = headline(checked(raising))
    assert where == "where: layer, default, isolated"
    assert why == f"why: {next(iter(notes), 'no output was compared')}"
    assert following.startswith(
        "next: fix" if notes else "next: locate the errors within the output"
    )
