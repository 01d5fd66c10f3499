"""Reports of changes: on a terminal, in Markdown and as JSON."""

import json
from dataclasses import replace

import pytest

from parity.checking.selection import Selection
from parity.compare import report
from parity.compare.changes import Change, Kind, compare
from parity.compare.documents import Case, Document, Output
from parity.judging.verdict import Verdict
from parity.report.terminal import console

KEY = ("layer", "default", "isolated")
GOOD = Output(Verdict.EQUIVALENT, "", 0.001, 0.05)


def case(verdict=Verdict.EQUIVALENT, **outputs):
    return Case(verdict, 1.0, (), outputs)


def document(cases, path="a.json", settings=None):
    return Document(path, "toy", 1.0, Selection(), settings or {}, cases)


@pytest.fixture
def changes():
    before = document({KEY: case(y=GOOD)}, settings={"torch": "2.12", "seed": "1"})
    after = document(
        {KEY: case(Verdict.DIFFERENT, y=Output(Verdict.DIFFERENT, "a | b", 3.0, 2.0))},
        "b.json",
        {"torch": "2.13", "seed": "1"},
    )
    return compare(before, after)


def test_on_a_terminal(changes, capsys):
    report.print_changes(console(), changes)
    assert capsys.readouterr().out.splitlines() == [
        "before: a.json (1 case, 1 s)",
        "after:  b.json (1 case, 1 s)",
        "torch: 2.12 -> 2.13",
        "",
        "worse     layer  default  isolated  equivalent -> different",
        "    y: equivalent -> different: a | b",
        "",
        "1 worse, 0 same",
    ]


def test_in_markdown(changes):
    text = report.markdown(changes)
    assert text.startswith("## parity compare, toy: ✗ 1 worse, 0 same\n")
    assert "| torch | 2.12 | 2.13 |" in text
    assert "| worse | layer | default | isolated | equivalent | different |" in text
    assert "- y: equivalent -&gt; different: a \\| b" in text


def test_as_json(changes):
    document = json.loads(json.dumps(report.document(changes)))
    assert document["exit_code"] == 1
    assert document["settings"] == [{"name": "torch", "before": "2.12", "after": "2.13"}]
    assert document["counts"] == {"worse": 1, "same": 0}
    assert document["changes"][0]["after"]["verdict"] == "different"


def test_only_the_first_reasons_are_shown(changes, capsys):
    reasons = tuple(f"y{number}: new" for number in range(8))
    many = replace(changes, cases=(replace(changes.cases[0], reasons=reasons),))
    report.print_changes(console(), many)
    shown = capsys.readouterr().out
    assert "y5: new" in shown
    assert "y6: new" not in shown
    assert "and 2 more (--json has them all)" in shown
    assert "and 2 more" in report.markdown(many)
    assert len(report.document(many)["changes"][0]["reasons"]) == 8


def test_cases_that_were_not_selected_are_only_counted_on_a_terminal(changes, capsys):
    left_out = Change(("other", "default", "isolated"), Kind.LEFT_OUT, case(), None)
    several = replace(changes, cases=(*changes.cases, left_out))
    report.print_changes(console(), several)
    shown = capsys.readouterr().out
    assert "other" not in shown
    assert shown.endswith("1 worse, 1 left out, 0 same\n")
    assert "| left out | other | default | isolated | equivalent | " in report.markdown(several)


def test_nothing_changed(capsys):
    same = compare(document({KEY: case(y=GOOD)}), document({KEY: case(y=GOOD)}, "b.json"))
    report.print_changes(console(), same)
    assert capsys.readouterr().out.splitlines()[-2:] == ["", "1 same"]
    assert report.markdown(same).startswith("## parity compare, toy: ✓ 1 same\n")
    assert report.document(same)["changes"] == []
