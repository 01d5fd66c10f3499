"""A patch is shown only if a case passes with it; a wrong one never is."""

from dataclasses import replace

import pytest

from parity.checking.case_result import CaseResult
from parity.diagnosing import patches, patching
from parity.diagnosing.budget import Budget
from parity.diagnosing.diagnose import diagnose
from parity.diagnosing.patching import Patcher
from parity.judging.verdict import Verdict
from tests.parity.diagnosing.patchable import WRONG_AXIS, checked, port_of_file


@pytest.fixture
def failing(tmp_path):
    """Return a failing check, its diagnosis and the candidate's file."""
    file = tmp_path / "wrong.py"
    file.write_text(WRONG_AXIS)
    checker, results = checked(port_of_file(file, lambda x: x.softmax(-1)))
    pair = checker.port.pairs[0]
    diagnosis = diagnose(checker.port, pair, pair.configs[0], checker.task(pair, pair.configs[0]))
    return checker, results, diagnosis, str(file)


def test_a_patch_is_confirmed_on_its_case_and_then_on_all(failing):
    checker, results, diagnosis, file = failing
    patcher = Patcher(checker, results)
    (found,) = patcher.confirm(diagnosis, results[0], "", Budget())
    assert found.patch.after == {file: WRONG_AXIS.replace("1)", "-1)")}
    assert (found.case, found.proven) == (("layer", "default", "isolated"), False)
    (tried,) = patcher.try_all([found], 60)
    assert tried.proven
    assert patcher.try_all([found], 0) == [found]
    assert patcher.try_all([], 60) == []


def test_a_patch_that_does_not_repair_the_case_is_not_shown(failing, monkeypatch):
    checker, results, diagnosis, _ = failing
    make = patches.make_patch

    def other(*args):
        patch = make(*args)
        return replace(patch, after={f: t.replace("-1)", "0)") for f, t in patch.after.items()})

    monkeypatch.setattr(patching, "make_patch", other)
    assert Patcher(checker, results).confirm(diagnosis, results[0], "", Budget()) == [None]


def test_of_several_causes_those_that_there_is_time_for_are_patched(failing):
    checker, results, diagnosis, _ = failing
    two = replace(diagnosis, root_causes=diagnosis.root_causes * 5)
    found = Patcher(checker, results).confirm(two, results[0], "", Budget())
    assert [one is None for one in found] == [False, False, False, True, True]
    found = Patcher(checker, results).confirm(two, results[0], "", Budget(0))
    assert [one is None for one in found] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("verdict", "independent", "divergence", "repaired"),
    [
        (Verdict.EQUIVALENT, (), "", True),
        (Verdict.DIFFERENT, (), "", False),
        (Verdict.DIFFERENT, ("b",), "a", True),
        (Verdict.DIFFERENT, ("b", "c"), "a", False),
        (Verdict.DIFFERENT, ("a",), "a", False),
        # Nothing is known of a case that could not be taken apart any more.
        (Verdict.DIFFERENT, (), "a", False),
    ],
)
def test_of_several_divergences_one_is_repaired_if_it_is_gone(
    verdict, independent, divergence, repaired
):
    before = CaseResult("m", "d", "isolated", "", Verdict.DIFFERENT, independent=("a", "b"))
    after = replace(before, verdict=verdict, independent=independent)
    assert patching._is_repaired(after, before, divergence) == repaired
