"""Runs of the reference that one process makes and others read."""

from dataclasses import replace

import numpy as np
import pytest

from parity.declaring.constants import ConstantChanges
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.trace import Task
from parity.errors import SideFailedError, UnsampledError
from parity.mutate.source.reference_runs import Request, SharedReference, answer

CONFIG = Configuration("default", {})


@pytest.fixture
def ran(tmp_path):
    """Return a port, a worker's reference of it, and a list of the requests that were run."""
    asked = []

    def build(options, dtype):
        def call(inputs):
            if dtype == "float64":
                raise ValueError("no float64")
            return {"y": 2 * inputs["x"]}

        return Built(call)

    side = Side("numpy", build)
    pair = Pair("layer", side, side, (CONFIG,), lambda given: given.inputs.arrays)
    port = Port("p", (pair,), lambda source, seed, count: InputSet("none", {}))

    def ask(request: Request) -> None:
        asked.append(request.method)
        answer(port, tmp_path, request)

    return pair, SharedReference(tmp_path, ask), asked


TASK = Task({}, {"x": np.arange(3, dtype=np.float32)}, {}, (), (), 1)


def test_equal_runs_are_made_once(ran):
    pair, reference, asked = ran
    for task in (TASK, replace(TASK, inputs={"x": TASK.inputs["x"].copy()})):
        assert reference.trace(pair, CONFIG, task).outputs["y"].tolist() == [0, 2, 4]
    assert asked == ["trace"]
    other = replace(TASK, inputs={"x": TASK.inputs["x"] + 1})
    assert reference.trace(pair, CONFIG, other).outputs["y"].tolist() == [2, 4, 6]
    assert asked == ["trace", "trace"]


def test_errors_are_raised_by_the_worker_as_well(ran):
    pair, reference, asked = ran
    for _ in range(2):
        with pytest.raises(SideFailedError, match="no float64"):
            reference.trace(pair, CONFIG, TASK, "float64")
    assert asked == ["trace"]


def test_names_of_requests_do_not_depend_on_the_order_of_sets_and_dictionaries():
    def request(skip, options):
        return Request("rerun", "layer", {"options": options}, (ConstantChanges("exact", skip),))

    one = request(frozenset({("a", "1"), ("b", "2")}), {"a": 1, "b": None})
    two = request(frozenset({("b", "2"), ("a", "1")}), {"b": None, "a": 1})
    other = request(frozenset({("b", "2")}), {"b": None, "a": 1})
    assert one.digest == two.digest != other.digest


def test_what_a_rerun_changed_is_noted_in_the_workers_own_changes(ran):
    pair, reference, _ = ran
    assert reference.rerun(pair, TASK, "float32").outputs["y"].tolist() == [0, 2, 4]
    changes = ConstantChanges("exact")
    assert reference.rerun(pair, TASK, "float32", changes) is not None
    assert changes.found == {}


def test_at_first_it_behaves_like_a_recording(ran):
    pair, reference, asked = ran
    recorded = reference.as_recorded()
    assert recorded.rerun(pair, TASK) is None
    for sample in (
        lambda: recorded.errors(pair, CONFIG, TASK),
        lambda: recorded.jumps(pair, CONFIG, TASK, 1.0),
    ):
        with pytest.raises(UnsampledError):
            sample()
    assert asked == []
    recorded.trace(pair, CONFIG, TASK)
    assert asked == ["trace"]
