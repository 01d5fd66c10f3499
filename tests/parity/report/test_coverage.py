"""Report of the lines and branches that no case executed."""

from dataclasses import replace

import pytest

from parity.checking.selection import Selection
from parity.coverage.measured import Coverage, FileCoverage
from parity.declaring.inputs import InputSet
from parity.judging.verdict import OutputResult, Verdict
from parity.report.checked import Checked
from parity.report.coverage import document, missed, ranges, summary
from tests.parity.report.results import GOOD, case

FILES = (
    FileCoverage("net.py", 10, (3, 4, 9), 4, ((2, True), (7, False)), 3),
    FileCoverage("whole.py", 5, (), 2, (), 0),
    FileCoverage("unused.py", 6, (1, 2, 3, 4, 5, 6), 0, (), 0),
)


@pytest.fixture
def checked():
    unused = OutputResult("grad/weight/k", Verdict.EQUIVALENT, scale=0.0)
    results = (replace(case("isolated", GOOD), outputs=(GOOD, unused)),)
    return Checked(
        "p", {}, InputSet("drawn", {}), Selection(), results, (), 1.0, coverage=Coverage(FILES)
    )


def test_the_files_that_lack_most_come_first(checked):
    assert summary(checked) == [
        "executed: 71.4 % of the candidate's lines and branches",
        "not executed: net.py: lines 3-4, 9; block never entered at 2; block never skipped at 7",
        "never entered, but imported by these: unused.py",
        "no output depends on the weight k (layer)",
    ]


def test_many_files_are_only_counted(checked):
    assert summary(checked, 0)[1:3] == [
        "1 files have lines that no case executed (--json, --html)",
        "never entered, but imported by these: 1 files",
    ]
    less = replace(checked, least_coverage=90.0)
    several = replace(less, coverage=Coverage((*FILES, replace(FILES[0], file="other.py"))))
    assert summary(several, 1)[1].startswith("not executed: net.py: lines 3-4")
    assert not any("other.py" in line for line in summary(several, 1))


def test_too_little_is_exit_code_1(checked):
    assert checked.exit_code == 0
    enough, less = replace(checked, least_coverage=55.0), replace(checked, least_coverage=90.0)
    assert enough.exit_code == 0
    assert less.exit_code == 1
    assert summary(less)[0].endswith("branches, less than the 90 % of --coverage")


def test_nothing_is_said_where_nothing_was_measured(checked):
    assert summary(replace(checked, coverage=None)) == []
    assert document(replace(checked, coverage=None)) is None
    assert summary(replace(checked, coverage=Coverage(()))) == []
    assert replace(checked, coverage=None, least_coverage=90.0).exit_code == 0


def test_the_document(checked):
    found = document(checked)
    assert found["percent"] == 71.43
    assert found["unused"] == [{"layer": "layer", "kind": "weight", "name": "k"}]
    assert found["files"][0]["missed_branches"] == [
        {"line": 2, "way": "into"},
        {"line": 7, "way": "past"},
    ]


def test_lines_close_to_each_other_are_a_range():
    assert ranges((1, 2, 5, 9, 20, 23)) == ["1-5", "9", "20-23"]
    assert missed(FILES[1]) == ""
