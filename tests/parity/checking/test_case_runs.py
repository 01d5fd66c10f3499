"""Four runs of a case, each made once; a float64 run that fails is a note and not an error."""

import numpy as np
import pytest

from parity.checking.case_runs import LiveReference, run_four
from parity.declaring.trace import Task, Trace
from parity.errors import SideFailedError, StructureError
from parity.judging.four_runs import FourRuns

X = np.array([[1.0, 2.0, 4.0]], np.float32)
TASK = Task({}, {"x": X}, {}, (), (), seed=1)


def four(port, reference=None):
    pair = port.pairs[0]
    return run_four(pair, pair.configs[0], TASK, reference or LiveReference())


def test_both_sides_run_in_both_dtypes_on_the_same_numbers(toy):
    runs = four(toy(lambda x: {"y": x * 3}, lambda x: {"y": x * 2}))
    dtypes = runs.traces.map(lambda trace: trace.outputs["y"].dtype)
    assert dtypes == FourRuns(*map(np.dtype, ("f4", "f4", "f8", "f8")))
    values = runs.traces.map(lambda trace: trace.outputs["y"].tolist())
    assert values == FourRuns(*2 * ([[2.0, 4.0, 8.0]], [[3.0, 6.0, 12.0]]))
    assert runs.notes == ()
    assert runs.task is TASK


def single_only(x):
    if x.dtype == np.float64:
        raise NotImplementedError("no double precision")
    return {"y": x}


def test_a_side_without_float64_is_noted(toy):
    runs = four(toy(single_only, lambda x: {"y": x}))
    assert runs.traces.candidate64 is None
    assert runs.traces.reference64 is not None
    assert runs.notes == (
        "no float64 run, so the bound is weaker: the candidate failed in float64: "
        "NotImplementedError: no double precision",
    )


def test_a_side_without_float32_is_an_error(toy):
    def failing(x):
        raise ValueError("no such axis")

    with pytest.raises(SideFailedError, match="the candidate failed in float32"):
        four(toy(failing))


def test_further_runs_are_made_when_they_are_needed_and_once(toy):
    class Counting(LiveReference):
        sampled = 0

        def errors(self, pair, config, task):
            self.sampled += 1
            return super().errors(pair, config, task)

    reference = Counting()
    runs = four(toy(), reference)
    assert reference.sampled == 0
    assert runs.sample_errors() == runs.sample_errors()
    assert set(runs.sample_errors()) == {"mean", "scaled"}
    assert reference.sampled == 1


def test_a_side_runs_again_in_the_dtype_asked_for(toy):
    calls = iter(range(9))
    runs = four(toy(lambda x: {"y": x + next(calls)}, lambda x: {"y": x}))
    again = runs.again("candidate", "float64")
    assert again.dtype == "float64"
    assert again.outputs["y"][0, 0] == 3
    assert runs.again("reference", "float32").outputs["y"].tolist() == X.tolist()


def test_another_candidate_replaces_both_of_its_runs(toy):
    runs = four(toy())
    other = Trace("numpy", "2", "float32", {"y": X})
    replaced = runs.with_candidate(other, None)
    assert (replaced.traces.candidate32, replaced.traces.candidate64) == (other, None)
    assert replaced.traces.reference64 is runs.traces.reference64


def test_the_runs_of_a_whole_model_narrow_to_a_layer(toy, swap):
    def whole(x):
        return {"first": x, "second": x * 2}

    port = swap(toy(whole, whole), "layer", intermediates=("second",))
    narrowed = four(port).narrowed(port.pairs[0])
    assert narrowed.traces.map(lambda trace: list(trace.outputs)) == FourRuns(*4 * (["second"],))
    lost = swap(port, "layer", intermediates=("third",))
    with pytest.raises(StructureError, match="the whole model has no intermediate third"):
        four(port).narrowed(lost.pairs[0])
