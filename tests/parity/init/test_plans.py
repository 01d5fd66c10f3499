"""An aligned trial settles what is given the same on both sides, and what is called in between."""

from parity.init.plan_changes import Change, Choice
from parity.init.plans import layouts_known, settled, unsettles
from parity.init.trial import Trial
from parity.init.units import layer_units, unit_layouts
from parity.runners.whole_models import LayerWeight, WeightedLayer


def dense(path, size=3):
    kernel = LayerWeight(f"{path}/kernel", (3, size))
    return WeightedLayer(path, "Dense", (kernel,), inputs=((4, 3),), output=(4, size))


def linear(path, size=3):
    weight = LayerWeight(f"{path}.weight", (size, 3))
    return WeightedLayer(path, "Linear", (weight,), inputs=((4, 3),), output=(4, size))


def plan_of(sizes, order):
    ours = layer_units([dense(f"one{n}", size) for n, size in enumerate(sizes)])
    theirs = layer_units([linear(f"a{n}", size) for n, size in enumerate(sizes)])
    pairs = [(unit, theirs[n]) for unit, n in zip(ours, order, strict=True)]
    return tuple(Choice(a, b, tuple(unit_layouts(a, b))) for a, b in pairs)


def trial(plan, numbers, alone=0.0):
    paths = [(c.reference.layer.path, c.candidate.layer.path) for c in plan]
    matches = frozenset(paths[n] for n in numbers)
    return Trial({}, {}, {path: alone for path, _ in paths}, matches=matches, aligned=True)


def test_one_layer_between_two_that_are_given_the_same_is_settled():
    plan = plan_of([3, 3, 3], [0, 1, 2])
    assert settled(plan, trial(plan, [0, 2])) == {0, 1, 2}


def test_two_alike_are_settled_by_shapes_alone():
    plan = plan_of([3, 3, 3, 3], [0, 1, 2, 3])
    assert settled(plan, trial(plan, [0, 3])) == {0, 3}
    plan = plan_of([3, 3, 4, 3], [0, 1, 2, 3])
    assert settled(plan, trial(plan, [0, 3])) == {0, 1, 2, 3}


def test_a_partner_called_elsewhere_is_not_settled():
    plan = plan_of([3, 3, 3, 3], [0, 3, 2, 1])
    assert settled(plan, trial(plan, [0, 2])) == {0, 2}


def test_a_settled_choice_keeps_its_unit_but_for_one_given_the_same():
    plan = plan_of([3, 3], [0, 1])
    tried = trial(plan, [0, 1])
    swapped = Change(plan_of([3, 3], [1, 0]), (0, 1), "swapped")
    assert unsettles(plan, tried, swapped, {0, 1})
    assert not unsettles(plan, tried, swapped, set())
    both = Trial({}, {}, matches=tried.matches | {("one0", "a1"), ("one1", "a0")}, aligned=True)
    assert not unsettles(plan, both, swapped, {0, 1})


def test_layouts_are_known_where_there_is_one_or_the_layer_agrees():
    plan = plan_of([3], [0])
    assert layouts_known(plan, trial(plan, [0], alone=1.0))
    (choice,) = plan
    several = (Choice(choice.reference, choice.candidate, choice.layouts * 2),)
    open_ = Trial({}, {"one0": 0.0}, {"one0": 1.0}, aligned=True)
    assert not layouts_known(several, open_)
    assert layouts_known(several, Trial({"output": 0.0}, {}, aligned=True))
    assert not layouts_known(several, Trial({"output": 1.0}, {}, aligned=True))


def test_a_branch_called_at_another_time_does_not_unsettle_the_others():
    plan = plan_of([3, 3, 3, 3, 3], [0, 4, 1, 2, 3])
    assert settled(plan, trial(plan, [0, 1, 2, 4])) == {0, 1, 2, 3, 4}
