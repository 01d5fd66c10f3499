"""What people and programs are shown of a check."""

import io
import json

import pytest
from rich.console import Console

from parity.checking.checker import CaseResult
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.errors import ParityError
from parity.judging.verdict import Element, OutputResult, Verdict
from parity.report import formats, recording
from parity.report.checked import Checked
from parity.report.summary import counts, origin
from parity.report.terminal import CaseTable, print_summary, shape

GOOD = OutputResult(
    "y",
    Verdict.EQUIVALENT,
    "",
    (2, 3),
    (2, 3),
    "float32",
    "float32",
    2.0,
    1e-7,
    4e-16,
    1e-7,
    1e-7,
    6,
)
BAD = OutputResult(
    "y",
    Verdict.DIFFERENT,
    "float64 runs differ",
    (2, 3),
    (2, 3),
    "float32",
    "float32",
    2.0,
    0.5,
    float("inf"),
    1e-7,
    0.5,
    6,
    Element((1, 2), "0.5", "1.0", "float64"),
)


def case(mode: str, output: OutputResult) -> CaseResult:
    return CaseResult("layer", "default", mode, "drawn", output.verdict, (output,))


@pytest.fixture
def printed(toy):
    def show(*cases):
        stream = io.StringIO()
        console = Console(file=stream, width=40, highlight=False, markup=False)
        pair = toy().pairs[0]
        modes = tuple(c.mode for c in cases)
        table = CaseTable(console, [(pair, pair.configs[0], modes)])
        table.header(modes)
        table.row({c.mode: c for c in cases}, modes)
        print_summary(console, cases, InputSet("drawn", {}, "by lot"), 1.2)
        return stream.getvalue()

    return show


def test_one_line_a_case_with_both_modes_side_by_side(printed):
    lines = printed(case("isolated", GOOD), case("cascade", BAD)).splitlines()
    assert lines[0].split() == ["layer", "configuration", "numpy", "numpy", "isolated", "cascade"]
    assert lines[1].replace("  ", " ").split() == [
        *("layer", "default", "2×3", "2×3"),
        *("✓", "equivalent", "2e-16"),
        *("✗", "different", "inf"),
    ]


def test_a_failing_output_is_expanded_with_its_worst_element(printed):
    text = printed(case("isolated", BAD))
    assert (
        "    isolated: y different: float64 runs differ; "
        "worst at [1, 2]: numpy 0.5, numpy 1.0 (float64)"
    ) in text.splitlines()
    assert "begin with: layer, default, isolated" in text


def test_the_summary_names_the_input(printed):
    text = printed(case("isolated", GOOD))
    assert "1 case: 1 equivalent" in text
    assert "input: drawn (0 records) - by lot" in text
    assert "begin with" not in text


def test_a_pipe_gets_no_colours(printed):
    assert "\x1b" not in printed(case("isolated", BAD))


def test_the_first_isolated_mismatch_is_where_to_begin():
    found = [case("cascade", BAD), case("isolated", GOOD), case("isolated", BAD)]
    assert origin(found) is found[2]
    assert origin(found[:2]) is found[0]
    assert origin(found[1:2]) is None
    assert counts(found) == {"equivalent": 1, "different": 2}


def test_shapes_are_written_as_people_write_them():
    assert [shape(s) for s in ((), (3,), (2, 3), None)] == ["scalar", "3", "2×3", "-"]


@pytest.fixture
def checked(toy):
    def make(*results):
        pairs = toy().pairs
        given = InputSet("drawn", {})
        return Checked("toy", {"numpy": "2"}, given, Selection(), results, (), 1.0, pairs)

    return make


def test_two_reports_cannot_share_standard_output():
    with pytest.raises(ParityError, match="--json and --html cannot share standard output"):
        formats.refuse_unwritable({"json": "-", "html": "-", "junit": None})


def test_json_has_what_it_is_said_to_have(tmp_path, checked):
    path = tmp_path / "out.json"
    formats.write_all({"json": str(path)}, checked(case("isolated", BAD)))
    read = json.loads(path.read_text())
    assert {"schema", "port", "versions", "recorded", "cases", "summary", "diagnoses"} <= set(read)
    assert read["summary"] == {"different": 1}
    (only,) = read["cases"]
    assert {"layer", "config", "mode", "input", "verdict", "outputs"} <= set(only)
    (output,) = only["outputs"]
    assert {
        "name", "ref_shape", "cand_shape", "ref_dtype", "cand_dtype", "verdict", "scale",
        "max_abs_err_32", "max_abs_err_64", "ref_err", "cand_err", "compared",
    } <= set(output)  # fmt: skip
    assert output["max_abs_err_64"] == "inf"
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_a_recording_says_when_by_what_and_of_which_commit():
    made = {"made": "2026-01-02 03:04 UTC", "versions": {"parity": "1", "tensorflow": "2.21"}}
    commit = {"id": "0123456789abcdef", "dirty": True}
    assert recording.line({**made, "commit": commit}) == (
        "reference: recorded 2026-01-02 03:04 UTC, tensorflow 2.21, "
        "commit 0123456789ab with changes"
    )
    assert recording.line({**made, "commit": {**commit, "dirty": False}}).endswith("0123456789ab")
    assert recording.line({**made, "commit": None}).endswith("no commit known")
