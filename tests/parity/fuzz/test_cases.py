"""Fuzz cases: whatever is drawn keeps shapes and dtypes, and does not change the target."""

import numpy as np
import pytest
from hypothesis import given

from parity.arrays import Arrays
from parity.declaring.domains import Domain
from parity.declaring.inputs import draw_weights
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.fuzz.cases import Change, Edit, FuzzCase, Padding, Region, simple_cases
from parity.fuzz.strategies import cases
from parity.fuzz.target import FuzzTarget

WEIGHTS = (Weight("a/kernel", (3, 2), ("a",)), Weight("b", (4,), ("b",), positive=True))
MASK = Domain("mask", 0, 1, integer=True, outside=1)
CODES = Domain("x", 0, 20, integer=True, special=(25.0, -0.5), columns=(0, 2), outside=0)
REST = Domain("x", -5, 5, columns=(2, 4), outside=0)


def target() -> FuzzTarget:
    random = np.random.default_rng(1)
    inputs: Arrays = {
        "x": random.uniform(0, 5, (3, 6, 5)).astype(np.float32),
        "mask": np.zeros((3, 6), np.float32),
        "drop": random.uniform(size=(2, 3, 4)).astype(np.float32),
        "names": np.arange(3),
    }
    weights = draw_weights(WEIGHTS, 1)
    return FuzzTarget(
        Task({}, inputs, weights, WEIGHTS, (), 1),
        {"x": 0, "mask": 0, "drop": 1, "names": 0},
        3,
        (
            CODES,
            REST,
            MASK,
            Domain("drop"),
            Domain("names", fixed=True),
            Domain("weight/a/kernel"),
            Domain("weight/b", low=1e-3),
        ),
    )


TARGET = target()


@given(case=cases(TARGET))
def test_a_case_keeps_shapes_and_what_no_domain_covers(case):
    task = case.build(TARGET)
    rows = len(case.rows)
    assert 1 <= rows <= 3, "names are fixed, so no record may stand twice"
    assert {name: array.shape for name, array in task.inputs.items()} == {
        "x": (rows, 6, 5),
        "mask": (rows, 6),
        "drop": (2, rows, 4),
        "names": (rows,),
    }
    assert all(task.inputs[n].dtype == a.dtype for n, a in TARGET.task.inputs.items())
    assert (task.inputs["names"] == np.arange(rows)).all()
    assert set(np.unique(task.inputs["mask"])) <= {0, 1}
    assert (task.weights["b"] > 0).all()
    assert np.isfinite(task.inputs["x"]).all()
    # The last column belongs to no domain that was declared.
    assert (task.inputs["x"][..., 4] == TARGET.task.inputs["x"][list(case.rows)][..., 4]).all()
    untouched = target().task
    assert all((TARGET.task.inputs[n] == a).all() for n, a in untouched.inputs.items())
    assert all((TARGET.task.weights[n] == a).all() for n, a in untouched.weights.items())


@given(case=cases(TARGET))
def test_the_same_case_builds_the_same_task(case):
    one, other = case.build(TARGET), case.build(target())
    assert all(one.inputs[n].tobytes() == other.inputs[n].tobytes() for n in one.inputs)
    assert all(one.weights[n].tobytes() == other.weights[n].tobytes() for n in one.weights)


def test_the_default_case_is_the_target_itself():
    task = FuzzCase().build(TARGET)
    assert all(task.inputs[n] is not None for n in TARGET.task.inputs)
    assert all((task.inputs[n] == a).all() for n, a in TARGET.task.inputs.items())
    assert FuzzCase().describe() == ["input unchanged"]


def test_padding_is_the_same_in_every_input():
    task = FuzzCase((0, 1), edits=(Padding((CODES, REST, MASK), 2, 1, row=1),)).build(TARGET)
    assert task.inputs["mask"].tolist() == [[0] * 6, [1, 1, 0, 0, 0, 1]]
    assert not task.inputs["x"][1, [0, 1, 5], :4].any()
    assert task.inputs["x"][1, 2:5].all()


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        (Region(), [[1, 1, 1], [1, 1, 1]]),
        (Region(row=1), [[0, 0, 0], [1, 1, 1]]),
        (Region(row=3), [[0, 0, 0], [1, 1, 1]]),
        (Region(first=1), [[1, 0, 0], [1, 0, 0]]),
        (Region(row=0, last=2), [[0, 1, 1], [0, 0, 0]]),
    ],
)
def test_regions(region, expected):
    assert region.mask((2, 3), 0).astype(int).tolist() == expected


def test_only_special_values_leave_the_domain():
    array = np.array([[4.0, 5.0]], np.float32)
    domain = Domain("x", 0, 20)
    assert Change(factor=10.0).apply(array, domain).tolist() == [[20, 20]]
    assert Change(value=25.0).apply(array, domain).tolist() == [[25, 25]]
    edited = Edit(domain, Change(value=-0.0)).apply({"x": array}, {"x": 0})["x"]
    assert np.signbit(edited).all()


def test_descriptions():
    case = FuzzCase((0, 2), 1, (Edit(CODES, Change(value=25.0), Region(row=1, last=2)),))
    assert case.describe() == [
        "rows 0, 2 of the input",
        "weights redrawn (seed + 1)",
        "x[..., 0:2] = 25 in row 1 at the last 2 positions",
    ]


def test_simple_cases_are_small_and_try_every_input_before_a_second_value_of_any():
    drawn = list(simple_cases(TARGET))
    assert drawn[0] == FuzzCase((0,))
    assert drawn[1] == FuzzCase((0, 0))
    assert drawn[2] == FuzzCase((0,), weights_seed=1)
    assert str(drawn[3].edits[0]) == "padding at the first 3 and last 1 positions"
    assert all(len(case.edits) <= 1 for case in drawn)
    edits = [edit for case in drawn[4:] for edit in case.edits if isinstance(edit, Edit)]
    assert len(edits) == len(drawn) - 4
    assert [edit.domain.input for edit in edits[:4]] == ["x", "x", "mask", "drop"]
    tried = [(edit.domain, edit.change.value) for edit in edits]
    assert {value for domain, value in tried if domain is CODES} == {0, 1, 20, 25, -0.5}
    assert not any(domain.fixed or domain.input.startswith("weight/") for domain, _ in tried)
