"""Recipes: whatever is drawn makes a case of the given shapes, and leaves the given one alone."""

import numpy as np
import pytest
from hypothesis import given

from parity.declaring.domains import Domain
from parity.declaring.inputs import draw_weights
from parity.declaring.trace import Task
from parity.declaring.weight import Weight
from parity.fuzz.ground import Ground
from parity.fuzz.recipe import Change, Edit, Ends, Recipe, Region
from parity.fuzz.strategies import recipes

WEIGHTS = (Weight("a/kernel", (3, 2), ("a",)), Weight("b", (4,), ("b",), positive=True))
MASK = Domain("mask", 0, 1, integer=True, outside=1)
CODES = Domain("x", 0, 20, integer=True, special=(25.0, -0.5), columns=(0, 2), outside=0)
REST = Domain("x", -5, 5, columns=(2, 4), outside=0)


def ground() -> Ground:
    random = np.random.default_rng(1)
    inputs = {
        "x": random.uniform(0, 5, (3, 6, 5)).astype(np.float32),
        "mask": np.zeros((3, 6), np.float32),
        "drop": random.uniform(size=(2, 3, 4)).astype(np.float32),
        "names": np.arange(3),
    }
    weights = draw_weights(WEIGHTS, 1)
    return Ground(
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


GROUND = ground()


@given(recipe=recipes(GROUND))
def test_a_case_keeps_shapes_and_leaves_what_is_not_to_be_touched(recipe):
    task = recipe.cook(GROUND)
    rows = len(recipe.rows)
    assert 1 <= rows <= 3, "names are fixed, so no record may stand twice"
    assert {name: array.shape for name, array in task.inputs.items()} == {
        "x": (rows, 6, 5),
        "mask": (rows, 6),
        "drop": (2, rows, 4),
        "names": (rows,),
    }
    assert all(task.inputs[n].dtype == a.dtype for n, a in GROUND.task.inputs.items())
    assert (task.inputs["names"] == np.arange(rows)).all()
    assert set(np.unique(task.inputs["mask"])) <= {0, 1}
    assert (task.weights["b"] > 0).all()
    assert np.isfinite(task.inputs["x"]).all()
    # The last column belongs to no domain that was declared.
    assert (task.inputs["x"][..., 4] == GROUND.task.inputs["x"][list(recipe.rows)][..., 4]).all()
    untouched = ground().task
    assert all((GROUND.task.inputs[n] == a).all() for n, a in untouched.inputs.items())
    assert all((GROUND.task.weights[n] == a).all() for n, a in untouched.weights.items())


@given(recipe=recipes(GROUND))
def test_the_same_recipe_makes_the_same_case(recipe):
    one, other = recipe.cook(GROUND), recipe.cook(ground())
    assert all(one.inputs[n].tobytes() == other.inputs[n].tobytes() for n in one.inputs)
    assert all(one.weights[n].tobytes() == other.weights[n].tobytes() for n in one.weights)


def test_as_given_is_as_given():
    task = Recipe().cook(GROUND)
    assert all(task.inputs[n] is not None for n in GROUND.task.inputs)
    assert all((task.inputs[n] == a).all() for n, a in GROUND.task.inputs.items())
    assert Recipe().words() == ["as given"]


def test_ends_stand_outside_in_every_input():
    task = Recipe((0, 1), edits=(Ends((CODES, REST, MASK), 2, 1, row=1),)).cook(GROUND)
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
    assert region.of((2, 3), 0).astype(int).tolist() == expected


def test_changes_stay_usual_but_for_special_values():
    array = np.array([[4.0, 5.0]], np.float32)
    domain = Domain("x", 0, 20)
    assert Change(factor=10.0).of(array, domain).tolist() == [[20, 20]]
    assert Change(value=25.0).of(array, domain).tolist() == [[25, 25]]
    edited = Edit(domain, Change(value=-0.0)).apply({"x": array}, {"x": 0})["x"]
    assert np.signbit(edited).all()


def test_words():
    recipe = Recipe((0, 2), 1, (Edit(CODES, Change(value=25.0), Region(row=1, last=2)),))
    assert recipe.words() == [
        "2 rows (of given: 0, 2)",
        "weights of another seed (+1)",
        "x[..., 0:2] 25 in row 1 at the last 2 positions",
    ]
