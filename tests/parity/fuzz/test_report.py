"""What `parity fuzz` and `parity replay` print, and the JSON document."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from parity.fuzz import report
from parity.fuzz.replay import from_run
from parity.judging.verdict import Verdict
from parity.report.terminal import console


def halves(x):
    return {"y": x / 2}


def wrong_at_zero(x):
    return {"y": np.where(x == 0, 1, x / 2).astype(x.dtype)}


@pytest.fixture(scope="module")
def failing(small_port, fuzzed):
    return fuzzed(small_port(halves, wrong_at_zero))


@pytest.fixture(scope="module")
def passing(small_port, fuzzed):
    return fuzzed(small_port(halves, halves), examples=5)


@pytest.fixture
def printed(capsys):
    return lambda: capsys.readouterr().out.splitlines()


def test_the_table(failing, passing, printed):
    table = report.FuzzTable(console(), [("layer", "default"), ("a long layer", "c")])
    table.row(report.FuzzResult(passing))
    table.row(report.FuzzResult(replace(passing, timed_out=True, not_compared=2)))
    table.row(report.FuzzResult(replace(passing, not_compared=passing.tried)))
    table.row(report.FuzzResult(failing, "x.replay"))
    table.skipped("layer", "default", "not fuzzed: its outputs are samples")
    table.failed("layer", "default", "no such axis")
    header, good, partial, nothing, bad, case, reason, again, skipped, failed = printed()
    assert header == "layer         configuration  tried  result"
    start = f"layer         default        {passing.tried:5}  "
    assert good == f"{start}✓ no counterexample"
    assert partial == (
        f"{start}✓ no counterexample; 2 could not be compared in full; stopped by --seconds"
    )
    assert nothing.startswith(f"{start}✗ not compared; ")
    assert bad.endswith("✗ different")
    assert case == "    case: row 0 of the input; x = 0 everywhere"
    assert reason.startswith("    y: float64 runs differ by 1")
    assert again == "    run it again: parity replay x.replay"
    assert skipped.endswith("    -  not fuzzed: its outputs are samples")
    assert failed.endswith("    -  ✗ not compared: no such axis")


@pytest.mark.parametrize(("not_compared", "style"), [(0, "green"), (1, "green"), (None, "yellow")])
def test_only_a_run_that_compared_something_is_green(not_compared, style, passing):
    lines = []
    screen: Any = SimpleNamespace(print=lambda line, **_: lines.append(line))
    table = report.FuzzTable(screen, [])
    count = passing.tried if not_compared is None else not_compared
    table.row(report.FuzzResult(replace(passing, not_compared=count)))
    result = lines[-1].spans[0]
    assert lines[-1].plain[result.start] == ("✗" if style == "yellow" else "✓")
    assert result.style == style


@pytest.mark.parametrize(
    ("which", "expected"),
    [((), "0 inputs tried on 0 cases: none failing"), ((0,), "case: none"), ((0, 1), "cases: 1")],
)
def test_the_summary(which, expected, failing, passing, printed):
    runs = [report.FuzzResult((passing, failing)[number]) for number in which]
    report.print_summary(console(), runs, 3.2)
    empty, line = printed()
    assert empty == ""
    assert expected in line
    assert line.endswith("failing  (3 s)")


def test_the_document(failing, passing):
    results = [report.FuzzResult(passing), report.FuzzResult(failing, "x.replay")]
    document = report.document("small", {"numpy": "2"}, 1, results)
    assert json.loads(json.dumps(document)) == document
    assert document["schema"] == {"name": "parity-fuzz", "version": 2}
    good, bad = document["cases"]
    assert good["counterexample"] is None
    assert good["tried"] == passing.tried
    assert bad["counterexample"] == {
        "verdict": "different",
        "reason": failing.outcome.reason,
        "changes": ["row 0 of the input", "x = 0 everywhere"],
        "replay": "x.replay",
    }


def test_a_replay_shows_then_and_now(failing, printed):
    stored = from_run(failing, "small", {})
    report.print_replayed(console(), stored, Verdict.DIFFERENT, [])
    assert printed() == [
        "case: row 0 of the input; x = 0 everywhere",
        "different, as when it was found",
    ]
    report.print_replayed(console(), stored, Verdict.IDENTICAL, ["small has been edited"])
    _, changed, verdict = printed()
    assert changed == "changed: small has been edited"
    assert verdict.startswith("identical; it was different when it was found (y: float64 runs")
