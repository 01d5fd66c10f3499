"""Mutants of a small port's candidate, checked in workers."""

import pytest

from parity.coverage.measured import OwnCode
from parity.coverage.own_code import declaring_files
from parity.declaring.registry import find
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.mutate.source.campaign import Campaign, SourceResult
from parity.mutate.source.mutants import find_mutants
from parity.mutate.source.seen_by import Sight
from tests.parity.mutate.source.small_port import CANDIDATE, PORT

# Workers import the engine anew.
pytestmark = pytest.mark.slow

CASES = (("scale", "default"), ("same", "default"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "candidate.py").write_text(CANDIDATE)
    (folder / "port.py").write_text(PORT)
    return folder


@pytest.fixture(scope="module")
def results(folder) -> dict[str, SourceResult]:
    """Check some mutants; by the statement after the change."""
    name = str(folder / "port.py")
    port = find(name)
    with Campaign(port, name, CASES, jobs=2, limit=2) as campaign:
        controls = campaign.control()
        assert [control.case for control in controls] == list(CASES)
        own = OwnCode.of([control.steps for control in controls], declaring_files(port, name))
        wanted = {
            "SHIFT = 2.0",
            "UNSEEN = 6",
            "total = total - x",
            "if x.size >= 100:",
            "return helper(x)",
            "return x / UNSEEN",
            "count += 1",
            "while count <= 0:",
            "return total",
        }
        sight = Sight(controls, own.files)
        mutants = [m for path in own.files for m in find_mutants(path) if m.after in wanted]
        found = list(campaign.run([(mutant, sight.of(mutant)) for mutant in mutants]))
    return {result.mutant.after: result for result in found}


def test_what_changes_an_output_is_refused_by_the_case_that_executes_it(results):
    for after in ("SHIFT = 2.0", "total = total - x", "return total"):
        assert results[after].case == ("scale", "default")
        assert results[after].verdict is Verdict.DIFFERENT
        assert results[after].reason.startswith("y: ")


def test_what_changes_nothing_survives(results):
    assert results["if x.size >= 100:"].survived
    assert results["if x.size >= 100:"].ran == 1
    assert results["while count <= 0:"].survived


def test_what_no_case_executes_survives_and_is_marked(results):
    for after in ("return x / UNSEEN", "UNSEEN = 6"):
        assert results[after].survived
        assert results[after].ran == 0


def test_an_endless_loop_is_stopped_and_refused(results):
    result = results["count += 1"]
    assert result.refused
    assert result.verdict is Verdict.NOT_COMPARED
    assert result.reason == "stopped after 2 s"


def test_a_port_that_fails_by_itself_is_refused(folder, tmp_path):
    (tmp_path / "candidate.py").write_text(CANDIDATE)
    (tmp_path / "port.py").write_text(PORT.replace("3 * inputs", "4 * inputs"))
    name = str(tmp_path / "port.py")
    refused = pytest.raises(ParityError, match="scale, default fails before any mutant is made")
    with Campaign(find(name), name, CASES[:1]) as campaign, refused:
        campaign.control()
