"""Runs with changed constants: each made once, narrowed, and without what is data."""

from dataclasses import replace

import numpy as np
import pytest

from parity.checking.constant_runs import AS_THEY_ARE, ConstantRuns, Held
from parity.declaring.constants import round_to_float32
from parity.declaring.float32_watch import Float32Watch
from parity.declaring.trace import Task, Trace
from parity.errors import SideFailedError

X = np.linspace(0.1, 0.9, 5).astype("float32")
TASK = Task({}, {"x": X}, {}, (), (), 1)


@pytest.fixture
def calls():
    return []


@pytest.fixture
def runs(calls):
    def run(task, changes):
        calls.append(task)
        for name, value in (("constant", 0.1), ("data", float(task.inputs["x"].sum()) / 3)):
            exact = np.array(value)
            changes.change(name, exact, round_to_float32(exact))
        return Trace("torch", "2", "float64", {"y": task.inputs["x"], "z": X})

    def fail(task, changes):
        raise SideFailedError("no")

    return ConstantRuns(TASK, {"reference": run, "candidate": fail})


def test_each_run_is_made_once(runs, calls):
    first = runs.run("reference", Held("rounded"))
    assert first is not None
    assert {constant.operation for constant in first.changed.values()} == {"constant", "data"}
    runs.run("reference", Held("rounded"))
    assert len(calls) == 1
    runs.run("reference", Held("exact"))
    assert len(calls) == 2


def test_as_they_are_nothing_is_run(runs, calls):
    assert runs.run("reference", AS_THEY_ARE) is None
    assert AS_THEY_ARE.changes() is None
    assert not calls


def test_a_side_that_fails_or_is_recorded_has_no_run(runs):
    assert runs.run("candidate", Held("exact")) is None
    recorded = ConstantRuns(TASK, {"reference": lambda task, changes: None})
    assert recorded.run("reference", Held("exact")) is None
    assert recorded.run("candidate", Held("exact")) is None


def test_what_changes_with_the_inputs_is_left_out(runs, calls):
    held = runs.without_data("reference", Held("rounded"))
    assert [operation for operation, _ in held.skip] == ["data"]
    assert len(calls) == 2
    assert not np.array_equal(calls[1].inputs["x"], X)


def test_narrowed_runs_share_what_was_made(runs, calls):
    def narrow(trace):
        return Trace(trace.framework, trace.version, trace.dtype, {"y": trace.outputs["y"]})

    runs.run("reference", Held("exact"))
    found = runs.narrowed(narrow).run("reference", Held("exact"))
    assert found is not None
    assert list(found.trace.outputs) == ["y"]
    assert len(calls) == 1


def watched_runs(calls):
    def run(task, watch):
        calls.append((getattr(watch, "seed", 0), watch.without_casts))
        if not isinstance(watch, Float32Watch):
            return Trace("torch", "2", "float64", {})
        watch.see("cast", "net.py:1")
        y = X.astype(np.float64) * (1 + 1e-7 * watch.seed)
        return Trace("torch", "2", "float64", {"y": y, "z": X.astype(np.float64)})

    return ConstantRuns(TASK, {"reference": run, "candidate": run})


def test_layers_in_cascade_share_the_runs_that_are_watched(calls):
    runs = watched_runs(calls)
    for name in ("y", "z"):
        one = runs.narrowed(lambda trace, name=name: replace(trace, outputs={name: X}))
        watch = Float32Watch("exact")
        assert set(one.watched("reference", watch).outputs) == {name}
        assert [str(operation) for operation in watch.operations] == ["cast, net.py:1"]
        assert one.movements("reference") == {
            "y": pytest.approx(8e-7 * X.max()),
            "z": 0.0,
        }
    assert calls == [(seed, False) for seed in range(9)]


def test_runs_without_casts_are_shared_too(calls):
    runs = watched_runs(calls)
    for _ in range(2):
        without = runs.without_casts(("candidate",))
        without.run("candidate", Held("exact"))
        without.run("reference", Held("exact"))
    assert calls == [(0, True), (0, False)]


def test_a_run_nearby_has_constants_and_no_outputs(runs):
    def narrow(trace):
        return replace(trace, outputs={"y": trace.outputs["y"]})

    layer = runs.narrowed(narrow)
    held = layer.without_data("reference", Held("rounded"))
    assert [operation for operation, _ in held.skip] == ["data"]
    assert set(layer.run("reference", held).trace.outputs) == {"y"}
    assert not layer.run("reference", Held("rounded"), nearby=True).trace.outputs
