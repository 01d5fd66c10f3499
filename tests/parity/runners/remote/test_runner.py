"""A side in another interpreter, run as any other."""

import sys
from pathlib import Path

import numpy as np
import pytest

from parity.checking.case_result import CaseResult
from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.frameworks import runner
from parity.declaring.port import Built, Port
from parity.declaring.registry import find
from parity.errors import ParityError
from parity.judging.verdict import Verdict
from parity.runners.remote.process import workers_in
from parity.runners.remote.runner import RemoteRunner
from parity.runners.side import run_side
from tests.parity.runners.remote.conftest import Elsewhere

SCALED = """
from parity import layouts, models
import numpy as np

port = models.port(
    "p", "reference.py:double", "candidate.py:Scaled", beside=__file__,
    inputs={"x": models.Input((3,))}, weights=layouts.dense("linear", "linear", 3, 2),
)
"""


def check(port: Port, **selection: bool) -> CaseResult:
    checker = Checker(port, port.load_inputs(None, 1, 4), Selection(**selection))  # type: ignore[arg-type]
    pair = port.pairs[0]
    return checker.run(pair, pair.configs[0], "isolated")


def test_a_right_candidate_passes_and_a_wrong_one_does_not(elsewhere: Elsewhere) -> None:
    with elsewhere("double") as port:
        result = check(port)
        assert result.verdict.passes, result.notes
        assert [output.name for output in result.outputs] == ["output/y", "output/n", "output/even"]
    with elsewhere("triple") as port:
        assert check(port).verdict is Verdict.DIFFERENT


def test_only_what_is_in_the_archive_runs_there(elsewhere: Elsewhere) -> None:
    with elsewhere("of_the_archive") as port:
        assert check(port).verdict.passes


def test_a_function_without_gradients_is_not_said_to_have_any(elsewhere: Elsewhere) -> None:
    with elsewhere("double") as port:
        result = check(port, gradients=True)
    assert result.verdict is Verdict.NOT_COMPARED
    assert "has no gradients; leave out --grad" in result.notes[0]


def test_the_version_names_the_frameworks_and_python(elsewhere: Elsewhere) -> None:
    with elsewhere("double"):
        version = runner("reference-python").version()
    assert f"numpy {np.__version__}" in version
    assert version.endswith(f"Python {sys.version.split()[0]}")


def test_a_side_that_is_changed_from_within_is_refused(elsewhere: Elsewhere) -> None:
    with elsewhere("double") as port:
        pair = port.pairs[0]
        side = pair.reference
        task = Checker(port, port.load_inputs(None, 1, 2), Selection()).task(pair, pair.configs[0])
        changed = type(side)(side.framework, lambda o, d: Built(lambda i: {}))
        for one in (changed,):
            with pytest.raises(ParityError, match="cannot be changed from within"):
                RemoteRunner("reference").run(one, "reference", task, "float32")
        with pytest.raises(ParityError, match="cannot be changed from within"):
            side.build({}, "float32").call({})


@pytest.mark.slow
def test_without_gradients_none_are_taken(folder: Path) -> None:
    (folder / "scaled_port.py").write_text(SCALED)
    with workers_in(None, sys.executable):
        port = find("scaled_port.py")
        pair = port.pairs[0]
        checker = Checker(port, port.load_inputs(None, 1, 4), Selection())
        trace = run_side(pair, "candidate", checker.task(pair, pair.configs[0]))
    assert list(trace.named()) == ["output"]


@pytest.mark.slow
def test_a_candidate_elsewhere_gives_the_same_numbers_as_here(folder: Path) -> None:
    (folder / "scaled_port.py").write_text(SCALED)
    traces = []
    for python in (None, sys.executable):
        with workers_in(None, python):
            port = find("scaled_port.py")
            pair = port.pairs[0]
            inputs = port.load_inputs(None, 1, 4)
            checker = Checker(port, inputs, Selection(gradients=True))
            task = checker.task(pair, pair.configs[0])
            traces.append(run_side(pair, "candidate", task, "float64"))
            if python:
                built = pair.candidate.build({}, "float32").parameters
                assert {k: v.shape for k, v in built.items()} == {
                    "linear.weight": (2, 3),
                    "linear.bias": (2,),
                }
    here, there = (trace.named() for trace in traces)
    assert (
        here.keys()
        == there.keys()
        == {
            *("output", "grad/input/x", "grad/weight/linear/kernel", "grad/weight/linear/bias"),
        }
    )
    for name, array in here.items():
        np.testing.assert_array_equal(array, there[name])
