"""Changes between two checks: what counts as worse, better, new and gone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.checking.selection import Selection
from parity.compare.changes import GROWTH, USUAL, Kind, compare
from parity.compare.documents import Case, Document, Output
from parity.errors import ParityError
from parity.judging.verdict import Verdict

KEY = ("layer", "default", "isolated")
GOOD = Output(Verdict.EQUIVALENT, "", 0.001, 0.05)


def case(verdict=Verdict.EQUIVALENT, notes=(), **outputs):
    return Case(verdict, 1.0, notes, outputs)


def document(cases, path="a.json", settings=None, **selection):
    return Document(path, "toy", 1.0, Selection(**selection), settings or {}, cases)


def kinds(before, after, **selection):
    changes = compare(document(before), document(after, "b.json", **selection))
    return {change.key: change.kind for change in changes.cases}


def only(before, after):
    """Return the one change of one case; None if it is the same."""
    changes = compare(document({KEY: before}), document({KEY: after}, "b.json"))
    return next(iter(changes.cases), None)


verdicts = st.sampled_from(list(Verdict))


@given(verdicts, verdicts)
def test_verdicts_are_ordered_and_both_ways_agree(one, other):
    there, back = (only(case(a), case(b)) for a, b in ((one, other), (other, one)))
    if one is other:
        assert there is back is None
        return
    if one.passes and other.passes:
        assert there.kind is back.kind is Kind.CHANGED
        return
    assert {there.kind, back.kind} == {Kind.WORSE, Kind.BETTER}
    worse = list(Verdict).index(other) > list(Verdict).index(one)
    assert (there.kind is Kind.WORSE) == worse


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_error_grows_only_beyond_the_factor_and_beyond_what_is_usual(was, now):
    for field in ("rounding", "logic"):
        change = only(case(y=replace(GOOD, **{field: was})), case(y=replace(GOOD, **{field: now})))
        if now > GROWTH * max(was, USUAL):
            assert change.kind is Kind.WORSE
            assert change.reasons[0].startswith("y: float")
        else:
            assert change is None or change.kind is Kind.BETTER
        if now <= 0.5 and was <= 0.5:
            assert change is None


def test_the_same_check_twice_has_no_change():
    changes = compare(document({KEY: case(y=GOOD)}), document({KEY: case(y=GOOD)}, "b.json"))
    assert (changes.cases, changes.same, changes.exit_code) == ((), 1, 0)


@pytest.mark.parametrize(
    ("was", "now", "kind", "reason"),
    [
        (
            GOOD,
            Output(Verdict.DIFFERENT, "runs differ", 3.0, 2.0),
            Kind.WORSE,
            "y: equivalent -> different: runs differ",
        ),
        (
            Output(Verdict.STRUCTURE, "shape", None, None),
            GOOD,
            Kind.BETTER,
            "y: structure -> equivalent",
        ),
        (
            GOOD,
            replace(GOOD, rounding=0.9),
            Kind.WORSE,
            "y: float32 error is 90% of its bound, was 5%",
        ),
        (
            replace(GOOD, logic=0.6),
            GOOD,
            Kind.BETTER,
            "y: float64 difference is 0% of its bound, was 60%",
        ),
    ],
)
def test_an_output_that_changed_is_named(was, now, kind, reason):
    change = only(case(y=was), case(y=now))
    assert change.kind is kind
    assert reason in change.reasons


def test_bitwise_equality_is_mentioned_only_where_the_case_changes():
    same = replace(GOOD, verdict=Verdict.IDENTICAL)
    change = only(case(Verdict.IDENTICAL, y=same), case(y=GOOD))
    assert (change.kind, change.reasons) == (Kind.CHANGED, ("y: identical -> equivalent",))
    assert only(case(y=same), case(y=GOOD)) is None


def test_an_output_that_is_no_longer_compared_is_worse():
    change = only(case(x=GOOD, y=GOOD), case(x=GOOD))
    assert (change.kind, change.reasons) == (Kind.WORSE, ("y: no longer compared",))


def test_gradients_that_were_not_selected_are_not_missing():
    with_gradients = {KEY: case(**{"y": GOOD, "grad/weight/w": GOOD})}
    before = document(with_gradients, gradients=True)
    for gradients, kind in ((False, None), (True, Kind.WORSE)):
        after = document({KEY: case(y=GOOD)}, "b.json", gradients=gradients)
        assert next((c.kind for c in compare(before, after).cases), None) is kind


def test_what_became_incomparable_says_why():
    change = only(case(y=GOOD), case(Verdict.NOT_COMPARED, ("the candidate failed",)))
    assert (change.kind, change.reasons) == (Kind.WORSE, ("the candidate failed",))


def test_cases_new_and_gone():
    other = ("layer", "other", "isolated")
    here, both = {KEY: case()}, {KEY: case(), other: case()}
    assert kinds(here, both) == {other: Kind.NEW}
    assert kinds(here, {**here, other: case(Verdict.DIFFERENT)}) == {other: Kind.WORSE}
    assert kinds(both, here) == {other: Kind.GONE}
    assert kinds(both, here, configs=("oth*",)) == {other: Kind.GONE}
    assert kinds(both, here, configs=("def*",)) == {other: Kind.LEFT_OUT}
    assert kinds(both, here, layers=("another",)) == {other: Kind.LEFT_OUT}
    assert kinds(both, here, modes=("cascade",)) == {other: Kind.LEFT_OUT}


@pytest.mark.parametrize(("kind", "code"), [(kind, int(kind.bad)) for kind in Kind])
def test_only_worse_and_gone_are_an_error(kind, code):
    base = compare(document({KEY: case()}), document({KEY: case()}, "b.json"))
    change = replace(only(case(), case(Verdict.DIFFERENT)), kind=kind)
    assert replace(base, cases=(change,)).exit_code == code
    assert {k for k in Kind if k.bad} == {Kind.WORSE, Kind.GONE}


def test_checks_with_nothing_in_common():
    with pytest.raises(ParityError, match=r"^a.json \(toy\) and b.json \(toy\) have no case in"):
        compare(document({KEY: case()}), document({}, "b.json"))
