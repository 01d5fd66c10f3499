"""Candidates of one case share runs exactly where they would run the same."""

import numpy as np
import pytest
import torch

from parity.checking.constant_runs import AS_THEY_ARE, Held
from parity.declaring.known_bug import ChangedInputs, ChangedOutputs, KnownBug, OtherOperation
from parity.declaring.port import Built, Side
from parity.diagnosing import run_cache
from parity.diagnosing.run_cache import RunCache
from parity.errors import SideFailedError
from parity.known_bugs.planting import plant
from tests.parity.diagnosing.small_ports import (
    diagnose_port,
    drawn,
    make_port,
    make_task,
    names,
    numpy_side,
    torch_side,
)


def output_bug(what, name, change):
    return KnownBug(None, what, name, ChangedOutputs(lambda a, task: {**a, name: change(a[name])}))


def counted(calls):
    def side(options, x):
        calls.append(x)
        return {"y": x**2, "z": x + 1}

    return numpy_side(side)


def test_a_reference_runs_once_for_each_hypothesis_variant_and_dtype():
    calls = []
    port = make_port(counted(calls), numpy_side(lambda o, x: {"y": x}), {"x": drawn(4)})
    task, cache = make_task(port), RunCache()
    calls.clear()
    first = cache.run_reference(port.pairs[0], task)
    assert cache.run_reference(port.pairs[0], task) is first
    assert len(calls) == 1
    for given in ({"assumed": ("a bug",)}, {"variant": "reversed"}, {"dtype": "float32"}):
        assert cache.run_reference(port.pairs[0], task, **given) is not first
    assert len(calls) == 4


def test_a_model_of_tensorflow_is_built_once_for_each_dtype(monkeypatch):
    built = []

    def build(options, dtype):
        built.append(dtype)
        return Built(lambda given: {"y": given["x"] * 2})

    port = make_port(Side("tensorflow", build), numpy_side(lambda o, x: {"y": x}), {"x": drawn(4)})
    task, cache = make_task(port), RunCache()

    def run(pair, role, task, dtype, constants):
        side = getattr(pair, role)
        side.build(task.options, dtype)
        side.build(task.options, dtype)
        raise SideFailedError("not run here")

    monkeypatch.setattr(run_cache, "run_side", run)
    for dtype in ("float64", "float32", "float64"):
        cache.run_reference(port.pairs[0], task, ("a bug",), dtype=dtype)
    assert built == ["float64", "float32"]


def test_a_reference_that_fails_is_an_error_only_without_a_hypothesis():
    def failing(options, x):
        raise ValueError("no")

    port = make_port(numpy_side(failing), numpy_side(failing), {"x": drawn(4)})
    task = make_task(port)
    assert RunCache().run_reference(port.pairs[0], task, ("a bug",)) is None
    with pytest.raises(SideFailedError, match="the reference failed in float64: ValueError: no"):
        RunCache().run_reference(port.pairs[0], task)


def test_runs_beyond_the_limit_are_not_kept(monkeypatch):
    monkeypatch.setattr(run_cache, "MAX_BYTES", 100)
    calls = []
    port = make_port(counted(calls), counted([]), {"x": drawn(4)})  # 64 bytes a run
    task, cache = make_task(port), RunCache()
    calls.clear()
    for variant in ("", "other", "", "other"):
        cache.run_reference(port.pairs[0], task, variant=variant)
    assert len(calls) == 3


def test_a_failing_change_of_shared_outputs_fails_as_the_candidate():
    port = make_port(counted([]), counted([]), {"x": drawn(4)})
    pair, task = port.pairs[0], make_task(port)
    failing = plant(pair, output_bug("changed", "no such output", lambda array: array))
    with pytest.raises(SideFailedError, match="the candidate failed in float64: KeyError"):
        RunCache(pair.candidate).run_candidate(failing, pair.candidate, task, (), "")


def test_a_second_candidate_needs_no_second_run_of_the_reference():
    calls = []

    def right(options, x):
        calls.append(x)
        return {"y": x**2, "z": x + 1}

    cache = RunCache()
    port = make_port(numpy_side(right), numpy_side(lambda o, x: right(o, x)), {"x": drawn(4, 3)})
    counts = []
    for bug in (
        output_bug("sign flipped", "y", lambda y: -y),
        output_bug("rows reversed", "z", lambda z: z[::-1]),
    ):
        calls.clear()
        assert names(diagnose_port(port, cache=cache, bug=bug)) == [bug.name]
        counts.append(len(calls))
    # The candidate's: one as given, one with records reversed, one for the options that it reads.
    assert counts[1] == 3 < counts[0]


def test_candidates_that_differ_in_their_outputs_share_their_runs_with_other_operations():
    runs = []

    def built(options, dtype):
        def call(given):
            runs.append(given)
            return {"y": torch.nn.functional.leaky_relu(given["x"].mean(-1), 0.2)}

        return Built(call)

    right = Side("torch", built)
    port = make_port(right, right, {"x": drawn(4, 3)})
    flipped = output_bug("sign flipped", "y", lambda y: -y)
    turned = output_bug("rows reversed", "y", lambda y: y[::-1])
    alone, counts = [], []
    for cache in (RunCache(right), RunCache(right), None):
        for bug in (flipped, turned) if cache else (turned,):
            runs.clear()
            diagnosis = diagnose_port(port, cache=cache, bug=bug)
            (alone if cache is None else counts).append(len(runs))
            assert names(diagnosis) == [bug.name]
    # The options and operations of each candidate are recorded anew, which takes a run each.
    assert counts[1] < counts[0] / 2
    assert counts[1] < alone[0] / 2


OTHER = {
    "inputs": KnownBug(
        5,
        "first row's values for every row",
        "x",
        ChangedInputs(lambda a: {"x": np.tile(a["x"][:1], (4, 1))}),
    ),
    "operation": KnownBug(
        19, "leaky_relu with slope 0.3", "", OtherOperation("leaky_relu", 0, "with slope 0.3")
    ),
}


@pytest.mark.parametrize("change", OTHER)
def test_a_candidate_with_other_inputs_or_another_build_shares_nothing(change):
    def built(options, dtype):
        return Built(lambda given: {"y": torch.nn.functional.leaky_relu(given["x"], 0.2)})

    right = Side("torch", built)
    port = make_port(right, right, {"x": drawn(4, 3)})
    cache = RunCache(right)
    diagnose_port(port, cache=cache, bug=output_bug("sign flipped", "y", lambda y: -y))
    alone = diagnose_port(port, bug=OTHER[change])
    shared = diagnose_port(port, cache=cache, bug=OTHER[change])
    assert names(shared) == names(alone)
    assert shared.error == alone.error


def test_runs_in_float64_hold_their_constants_as_the_verdict_did():
    tenth = float(np.float32(0.1))
    port = make_port(
        torch_side(lambda x: (x * tenth).exp()), torch_side(lambda x: x * 0.1), {"x": drawn(4, 3)}
    )
    pair, task = port.pairs[0], make_task(port)

    def gap(cache, dtype):
        run = cache.run_candidate(pair, pair.candidate, task, (), "", dtype)["y"]
        return np.abs(run - task.inputs["x"].astype(run.dtype) * run.dtype.type(tenth)).max()

    rounded = RunCache(held=(AS_THEY_ARE, Held("rounded")))
    assert gap(rounded, "float64") == 0 < gap(RunCache(), "float64")
    # Float32 rounds them by itself.
    assert rounded.changes("candidate", "float32") is None
    assert rounded.changes("reference", "float64") is None
