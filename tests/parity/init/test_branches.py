"""Which layers are exchanged together: those of two branches that begin at one tensor."""

import numpy as np
import pytest

from parity.init.branches import branches
from parity.init.units import Unit
from parity.runners.whole_models import LayerWeight, WeightedLayer

ONE, OTHER = np.zeros((2, 3)), np.ones((2, 3))


def unit(path, end):
    layer = WeightedLayer(path, "Dense", (LayerWeight(f"{path}{end}", (3, 3)),))
    return Unit(layer, layer.weights, 0)


def model(reference, candidate, same):
    """Units by the order of the reference's calls; `same` names layers that begin at one tensor."""
    pairs = zip(reference, candidate, strict=True)
    units = [(unit(mine, "/kernel"), unit(theirs, ".weight")) for mine, theirs in pairs]
    seen = {f"{name}/input": ONE if name in same else OTHER + n for n, name in enumerate(reference)}
    return units, seen


def frame(path, *layers):
    return WeightedLayer(
        path, "Branch", tuple(LayerWeight(f"{path}.{name}.weight", (3, 3)) for name in layers)
    )


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (["a1", "a2", "a3", "b1", "b2", "b3", "end"], {(0, 3), (1, 4), (2, 5)}),
        (["a1", "b1", "a2", "b2", "a3", "b3", "end"], {(0, 1), (2, 3), (4, 5)}),
    ],
)
def test_one_after_the_other_or_in_turn(reference, expected):
    units, seen = model(reference, reference, {"a1", "b1"})
    assert expected in [set(paired) for paired in branches(units, (), seen)]


def test_three_in_turn():
    names = ["a1", "b1", "c1", "a2", "b2", "c2"]
    found = {frozenset(p) for p in branches(*with_frames(names, {"a1", "b1", "c1"}))}
    assert {frozenset(p) for p in ({(0, 1), (3, 4)}, {(1, 2), (4, 5)})} <= found


def with_frames(names, same, *frames):
    units, seen = model(names, names, same)
    return units, frames, seen


def test_a_module_is_one_branch_however_it_is_called():
    names = ["x", "one.a", "y", "other.a", "one.b", "z", "other.b"]
    frames = [frame("one", "a", "b"), frame("other", "a", "b")]
    given = with_frames(names, {"one.a", "other.a"}, *frames)
    assert ((1, 3), (4, 6)) in branches(*given)


def test_modules_that_hold_other_names_are_no_branches():
    names = ["one.a", "one.b", "other.a", "other.c"]
    frames = [frame("one", "a", "b"), frame("other", "a", "c")]
    with_modules = set(branches(*with_frames(names, {"one.a", "other.a"}, *frames)))
    assert with_modules == set(branches(*with_frames(names, {"one.a", "other.a"})))


@pytest.mark.parametrize("same", [set(), {"a1"}])
def test_a_chain_has_none(same):
    frames = [frame("one", "a", "b"), frame("other", "a", "b")]
    names = ["one.a", "one.b", "other.a", "other.b"]
    assert list(branches(*with_frames(names, same, *frames))) == []
