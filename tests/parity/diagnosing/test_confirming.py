"""Patched files are imported in memory, and everything is as before afterwards."""

import sys
from importlib import import_module

import pytest

from parity.declaring.scripts import execute
from parity.diagnosing.confirming import check_again, check_all_again, in_place
from parity.judging.verdict import Verdict
from tests.parity.diagnosing.patchable import WRONG_AXIS, checked, port_of_file

RIGHT = WRONG_AXIS.replace("1)", "-1)")


def test_imports_take_the_patched_text_and_its_importers_too(tmp_path):
    inner, outer = tmp_path / "inner_module.py", tmp_path / "outer_module.py"
    inner.write_text("VALUE = 1\n")
    outer.write_text("from inner_module import VALUE\n")
    before = execute(outer, "model")
    with in_place({str(inner): "VALUE = 2\n"}):
        assert execute(outer, "model").VALUE == 2
        assert import_module("outer_module").VALUE == 2
    assert sys.modules["outer_module"] is before
    assert sys.modules["inner_module"].VALUE == 1
    assert inner.read_text() == "VALUE = 1\n"


def test_modules_that_the_block_alone_imports_are_forgotten(tmp_path, monkeypatch):
    (tmp_path / "late_module.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with in_place({str(tmp_path / "late_module.py"): "VALUE = 3\n"}):
        assert import_module("late_module").VALUE == 3
    assert "late_module" not in sys.modules


CASE = ("layer", "default", "isolated")


@pytest.fixture
def checker(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text(WRONG_AXIS)
    checker, (result,) = checked(port_of_file(file, lambda x: x.softmax(-1)))
    assert result.verdict is Verdict.DIFFERENT
    return checker, str(file)


def test_a_case_passes_with_the_right_patch_alone(checker):
    checker, file = checker
    for text, passes in ((RIGHT, True), (WRONG_AXIS.replace("1)", "0)"), False)):
        assert check_again(checker, {file: text}, None, CASE).verdict.passes == passes
    assert not check_again(checker, {}, None, CASE).verdict.passes


def test_the_port_is_found_anew_if_it_can_be(checker):
    checker, file = checker
    found = []

    def reload():
        found.append(True)
        return checker.port

    assert check_all_again(checker, {file: RIGHT}, reload, [CASE, CASE])[1].verdict.passes
    assert found == [True]


def test_a_patch_that_cannot_be_run_is_not_confirmed(checker):
    checker, file = checker
    result = check_again(checker, {file: "1 / 0\n"}, None, CASE)
    assert result.verdict is Verdict.NOT_COMPARED

    def fails():
        raise ValueError("no port")

    assert check_again(checker, {file: RIGHT}, fails, CASE) is None
    assert check_again(checker, {file: RIGHT}, None, ("layer", "other", "isolated")) is None
