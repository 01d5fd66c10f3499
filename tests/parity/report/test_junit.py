"""JUnit XML: what readers of it count, and names that XML could not hold."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parity.checking.case_result import CaseResult
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.judging.verdict import OutputResult, Verdict
from parity.report import junit
from parity.report.checked import Checked


@pytest.fixture
def failing(toy, check_port):
    return check_port(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))


@pytest.fixture
def raising(toy, check_port):
    def candidate(x):
        raise ValueError("no such layer")

    return check_port(toy(candidate))


def test_a_suite_for_each_layer_and_a_test_for_each_case(failing):
    root = ElementTree.fromstring(junit.render(failing))
    assert root.tag == "testsuites"
    (suite,) = root
    assert suite.attrib["name"] == "toy.layer"
    assert [case.attrib["name"] for case in suite.iter("testcase")] == [
        "default [isolated]",
        "other [isolated]",
    ]
    assert {case.attrib["classname"] for case in suite.iter("testcase")} == {"toy.layer"}
    times = [float(case.attrib["time"]) for case in suite.iter("testcase")]
    assert float(suite.attrib["time"]) == pytest.approx(sum(times), abs=2e-3)
    held = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert held["inputs"] == "drawn (5 records)"
    assert held["seed"] == "1"
    assert {"numpy", "python", "parity"} <= set(held)


def test_a_mismatch_is_a_failure_with_its_reasons(failing):
    (suite,) = ElementTree.fromstring(junit.render(failing))
    counted = [suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")]
    assert counted == ["2", "2", "0", "0"]
    for case in suite.iter("testcase"):
        (failure,) = case
        assert (failure.tag, failure.attrib["type"]) == ("failure", "different")
        assert failure.text.startswith("scaled different: float64 runs differ by")
        assert failure.attrib["message"].startswith("different: scaled different:")


def test_what_could_not_be_compared_is_an_error_and_never_skipped(raising):
    (suite,) = ElementTree.fromstring(junit.render(raising))
    counted = [suite.attrib[name] for name in ("tests", "failures", "errors", "skipped")]
    assert counted == ["2", "0", "2", "0"]
    assert [each.tag for case in suite.iter("testcase") for each in case] == ["error", "error"]
    assert "no such layer" in next(suite.iter("error")).text


def test_what_passes_has_neither(toy, check_port):
    root = ElementTree.fromstring(junit.render(check_port(toy())))
    assert root.attrib["tests"] == "2"
    assert not list(root.iter("failure")) + list(root.iter("error"))
    assert next(root.iter("system-out")).text == "identical"


@given(name=st.text(), reason=st.text())
def test_no_name_makes_it_unreadable(toy_pairs, name, reason):
    output = OutputResult(name, Verdict.DIFFERENT, reason)
    cases = tuple(
        CaseResult(name, name, mode, name, Verdict.DIFFERENT, (output,), (reason,))
        for mode in ("isolated", "cascade")
    )
    pairs = tuple(replace(pair, layer=name) for pair in toy_pairs)
    checked = Checked(name, {name: name}, InputSet(name, {}), Selection(), cases, (), 1.0, pairs)
    root = ElementTree.fromstring(junit.render(checked))
    assert [case.tag for case in root[0]] == ["properties", "testcase", "testcase"]
    legal = "".join(c for c in reason if c.isalnum() and c.isascii())
    shown = "".join(c for c in root[0][1][0].text if c.isalnum() and c.isascii())
    assert legal in shown


@pytest.fixture(scope="module")
def toy_pairs(toy):
    return toy().pairs
