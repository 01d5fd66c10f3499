"""Every change of a plan differs in one thing, and keeps every other choice."""

from parity.init.plan_changes import Choice, PlanChanges
from parity.init.units import layer_units, unit_layouts, weight_units
from parity.runners.whole_models import LayerWeight, WeightedLayer


def single(kind, path, separator, name, shape):
    weight = LayerWeight(f"{path}{separator}{name}", shape)
    return WeightedLayer(path, kind, (weight,))


def plan_of(references, candidates):
    pairs = zip(references, candidates, strict=True)
    return tuple(Choice(a, b, tuple(unit_layouts(a, b))) for a, b in pairs)


def changes(units, influences=None):
    everything = {weight.name: frozenset({0}) for unit in units for weight in unit.weights}
    return PlanChanges((influences or everything).__getitem__, units, (), {})


OWN = [single("Own", path, "/", "w", (3, 3)) for path in ("one", "two")]
THEIRS = [single("Own", path, ".", "w", (3, 3)) for path in ("a", "b")]


def test_layouts_swaps_and_transpositions_of_two_matrices():
    ours, theirs = layer_units(OWN), layer_units(THEIRS)
    found = list(changes(ours + theirs).of(plan_of(ours, theirs)))
    assert [(change.what, change.changed) for change in found] == [
        ("layout transpose (1, 0)", (0,)),
        ("layout transpose (1, 0)", (1,)),
        ("'a.w' and 'b.w' swapped", (0, 1)),
        ("all matrices transposed", (0, 1)),
    ]
    swapped = found[2].plan
    assert [choice.candidate for choice in swapped] == theirs[::-1]


def test_a_spare_weight_may_take_a_place():
    ours, theirs = layer_units(OWN[:1]), layer_units(THEIRS)
    some = changes(ours + theirs)
    some.spare = theirs[1:]
    found = [change.what for change in some.of(plan_of(ours, theirs[:1]))]
    assert found == ["layout transpose (1, 0)", "'b.w' in its place"]


def test_units_that_outputs_distinguish_are_not_swapped():
    ours, theirs = layer_units(OWN), layer_units(THEIRS)
    influences = {
        **{"one/w": frozenset({0}), "two/w": frozenset({1})},
        **{"a.w": frozenset({0}), "b.w": frozenset({1})},
    }
    some = changes(ours + theirs, influences)
    assert some.same_influence(ours[0], theirs[0])
    assert not some.same_influence(ours[0], theirs[1])
    whats = [change.what for change in some.of(plan_of(ours, theirs))]
    assert not any("swapped" in what for what in whats)


def test_weights_of_one_layer_are_swapped_together():
    def layer(path, separator):
        weights = (
            LayerWeight(f"{path}{separator}{name}", s) for name, s in (("w", (3, 3)), ("b", (3,)))
        )
        return WeightedLayer(path, "Own", tuple(weights))

    ours = weight_units([layer("one", "/"), layer("two", "/")], set())
    theirs = weight_units([layer("a", "."), layer("b", ".")], set())
    found = {change.what: change for change in changes(ours + theirs).of(plan_of(ours, theirs))}
    both = found["the weights of 'a.w' and 'b.w' swapped"]
    assert sorted(both.changed) == [0, 1, 2, 3]
