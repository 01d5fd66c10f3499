"""A worker's checks, made in this process."""

import sys

import pytest

from parity.declaring.registry import find
from parity.judging.verdict import Verdict
from parity.mutate.source.mutants import find_mutants
from parity.mutate.source.reference_runs import SharedReference, answer
from parity.mutate.source.worker import Job, Setup, check
from tests.parity.mutate.source.small_port import CANDIDATE, PORT


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "candidate.py").write_text(CANDIDATE)
    (tmp_path / "port.py").write_text(PORT)
    name, runs = str(tmp_path / "port.py"), tmp_path / "runs"
    runs.mkdir()
    port = find(name)
    reference = SharedReference(runs, lambda request: answer(port, runs, request))

    def run(after=None, traced=False):
        mutants = find_mutants(tmp_path / "candidate.py")
        mutant = next(m for m in mutants if m.after == after) if after else None
        sys.modules.pop("candidate", None)
        job = Job(mutant, (("scale", "default"), ("same", "default")), traced)
        return list(check(Setup(name, (), None, 10, 1, runs), job, reference))

    yield run
    sys.modules.pop("candidate", None)
    sys.modules.pop("port", None)


def test_the_port_as_it_is_passes_and_shows_what_it_executes(run):
    first, second = run(traced=True)
    assert first.verdict.passes
    assert second.verdict.passes
    assert {file.rpartition("/")[2] for file in first.steps} == {"candidate.py", "port.py"}
    assert run()[0].steps == {}


def test_a_mutant_is_checked_up_to_the_first_case_that_refuses_it(run):
    (outcome,) = run("total = total - x")
    assert outcome.case == ("scale", "default")
    assert outcome.verdict is Verdict.DIFFERENT


def test_a_port_that_can_no_longer_be_loaded_is_refused(run, tmp_path):
    (tmp_path / "candidate.py").write_text("import gone\n" + CANDIDATE)
    (outcome,) = run("SHIFT = 2.0")
    assert outcome.verdict is Verdict.NOT_COMPARED
    assert "gone" in outcome.reason
