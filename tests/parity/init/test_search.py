"""The search finds the right map, and every other that does as well."""

import pytest

from parity.init import search
from parity.init.search import Search


def found_by(probe):
    found = Search(probe).run()
    keys = {c.reference.weights[0].name: c.candidate.weights[0].name for c in found.plan}
    return found, keys


def test_layers_of_known_kinds_are_paired_in_the_order_of_their_calls(make_probe):
    found, keys = found_by(make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"]))
    assert keys == {"one/kernel": "a.weight", "two/kernel": "b.weight"}
    assert found.trial.agrees
    assert found.complete
    assert found.ties == {}
    assert set(found.others) == {0, 1}


def test_names_go_before_the_order_and_values_before_names(make_probe):
    reference = ["one/kernel", "two/kernel"]
    found, keys = found_by(make_probe(reference, ["two.weight", "one.weight"]))
    assert keys == {"one/kernel": "two.weight", "two/kernel": "one.weight"}
    assert found.trial.agrees


def test_the_layout_of_an_unknown_layer_is_found_by_values(make_probe):
    found, _ = found_by(make_probe(["one/kernel"], ["a.weight"], unknown=True))
    assert found.plan[0].layout.calls[0].function == "transposed"
    assert found.trial.agrees


def test_what_could_be_swapped_is_a_tie(make_probe):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"], summed=True)
    found, _ = found_by(probe)
    assert found.trial.agrees
    assert found.ties == {
        0: ["'a.weight' and 'b.weight' swapped"],
        1: ["'a.weight' and 'b.weight' swapped"],
    }


@pytest.mark.parametrize("limit", ["_RUNS", "_SECONDS"])
def test_a_search_without_time_says_that_it_is_not_complete(make_probe, monkeypatch, limit):
    monkeypatch.setattr(search, limit, 0)
    found, _ = found_by(make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"]))
    assert not found.complete
