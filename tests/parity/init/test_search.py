"""The search finds the right map, and every other that does as well."""

import pytest

from parity.init.search import Budget, Search, Tie


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
    tie = Tie("'a.weight' and 'b.weight' swapped", by_name=False)
    assert found.ties == {0: [tie], 1: [tie]}


def test_names_decide_between_layers_that_could_be_swapped(make_probe):
    probe = make_probe(["one/kernel", "two/kernel"], ["two.weight", "one.weight"], summed=True)
    found, keys = found_by(probe)
    assert keys == {"one/kernel": "one.weight", "two/kernel": "two.weight"}
    assert all(tie.by_name for ties in found.ties.values() for tie in ties)
    assert set(found.ties) == {0, 1}


def test_a_chain_takes_about_as_many_runs_as_it_has_layers(make_probe):
    reference = [f"one{number}/kernel" for number in range(12)]
    candidate = [f"{name}.weight" for name in "lkjihgfedcba"]
    found, keys = found_by(make_probe(reference, candidate))
    assert found.trial.agrees
    assert list(keys.values()) == candidate
    assert found.complete


@pytest.mark.parametrize("budget", [Budget(runs=0), Budget(seconds=0)])
def test_a_search_without_runs_or_time_says_what_was_not_tried(make_probe, budget):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"], summed=True)
    found = Search(probe, budget).run()
    assert not found.complete
    assert "1 alternatives" in found.untried[0]


def test_progress_is_shown_from_the_first_run(make_probe):
    lines = []
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])
    Search(probe, show=lines.append).run()
    assert lines[0] == "run 1 of at most 4000: 2 of 2 layers agree"
