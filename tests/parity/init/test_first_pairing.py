"""Units are first paired by name, then in the order of the calls; influence may count more."""

from parity.init.first_pairing import pair_units
from parity.init.plan_changes import PlanChanges
from parity.init.units import layer_units
from parity.runners.whole_models import LayerWeight, WeightedLayer


def units(separator, *paths, shape=(3, 3)):
    layers = [
        WeightedLayer(path, "Own", (LayerWeight(f"{path}{separator}w", shape),)) for path in paths
    ]
    return layer_units(layers)


def paired(ours, theirs, influences=None, first="names"):
    everything = {w.name: frozenset({0}) for unit in ours + theirs for w in unit.weights}
    changes = PlanChanges((influences or everything).__getitem__, theirs, (), {})
    plan = pair_units(changes, ours, theirs, first)
    return [(choice.reference.layer.path, choice.candidate.layer.path) for choice in plan]


def test_without_names_in_common_the_order_decides():
    assert paired(units("/", "one", "two"), units(".", "a", "b")) == [("one", "a"), ("two", "b")]


def test_equal_names_come_before_the_order():
    found = paired(units("/", "query", "key"), units(".", "key", "query"))
    assert found == [("query", "query"), ("key", "key")]


def test_the_calls_come_before_names_if_asked():
    ours, theirs = units("/", "query", "key"), units(".", "key", "query")
    assert paired(ours, theirs, first="calls") == [("query", "key"), ("key", "query")]


def test_influence_comes_before_names_if_asked():
    ours, theirs = units("/", "query", "key"), units(".", "key", "query")
    seen = {
        "query/w": frozenset({0}),
        "key/w": frozenset({1}),
        "key.w": frozenset({0}),
        "query.w": frozenset({1}),
    }
    assert paired(ours, theirs, seen, first="influence") == [("query", "key"), ("key", "query")]


def test_a_unit_that_fits_nothing_is_left_out_and_none_is_used_twice():
    ours = [*units("/", "one", "two"), *units("/", "wide", shape=(5, 7))]
    assert paired(ours, units(".", "a")) == [("one", "a")]
