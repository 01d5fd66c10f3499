"""Coverage of the candidate's code: what was executed, and which ways were never taken."""

from pathlib import Path

import pytest

from parity.coverage.measured import Coverage, FileCoverage, OwnCode, measure

SOURCE = """def used(x):
    if x:
        y = 1
    else:
        y = 2
    for _ in range(x):
        y += 1
    return y


def reference(x):
    return x
"""


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layer.py").write_text(SOURCE)
    return (tmp_path / "layer.py").resolve()


TAKEN = {(-1, 2), (2, 3), (3, 6), (6, 7), (7, 6), (6, 8), (8, -1)}


def test_lines_and_ways_that_no_run_took(path):
    own = OwnCode.of([{str(path): {(-1, 2), (2, 3)}}, {str(path): TAKEN}], [])
    found = measure(own)
    assert found.files == (FileCoverage("layer.py", 7, (5, 12), 4, ((2, False),), 1),)
    assert found.files[0].executed == 8
    assert found.percent == pytest.approx(100 * 8 / 11)


def test_of_a_declaring_file_only_what_was_entered_counts(path):
    own = OwnCode.of([{str(path): TAKEN}], [path])
    assert measure(own).files == (FileCoverage("layer.py", 6, (5,), 4, ((2, False),), 1),)
    assert not own.holds(path, "reference")


def test_ways_out_of_a_condition_that_never_ran_count_but_are_not_listed(path):
    own = OwnCode.of([{str(path): {(-1, 2), (2, 5), (5, -1)}}], [path])
    (file,) = measure(own).files
    assert file.missed == (3, 6, 7, 8)
    assert file.missed_branches == ((2, True),)
    assert file.ways_missed == 3


def test_without_code_of_its_own_nothing_is_missing():
    assert measure(OwnCode.of([], [Path("port.py")])) == Coverage(())
    assert Coverage(()).percent == 100
