"""The search finds the right map, and every other that does as well."""

import pytest

from parity.init.plans import Tie
from parity.init.search import Budget, Search
from parity.init.trial import Trial


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


def test_calls_decide_at_once_where_names_mislead(make_probe):
    reference = [f"block{number}a/kernel" for number in range(12)]
    candidate = [f"blocks.{(number * 5) % 12}.0.weight" for number in range(12)]
    probe = make_probe(reference, candidate)
    found = Search(probe, Budget(runs=2)).run()
    assert found.trial.agrees
    assert [c.candidate.weights[0].name for c in found.plan] == candidate


def test_layers_behind_one_that_computes_something_else_are_still_paired_by_values(make_probe):
    reference = [f"one{number}/kernel" for number in range(8)]
    candidate = [f"{name}.weight" for name in "hgfedcba"]
    probe = make_probe(reference, candidate, other=candidate[1:3])
    found, pairs = found_by(probe)
    assert list(pairs.values()) == candidate
    assert found.trial.aligned
    assert not found.trial.agrees
    assert [path for path in found.trial.intermediates if not found.trial.confirms(path)] == [
        "one1",
        "one2",
    ]
    assert found.complete
    assert not found.ties
    assert probe.runs < 40


def test_what_alignment_settles_is_not_searched_where_outputs_agree_but_for_little(make_probe):
    """Normalizations that also activate, with nearly the same epsilon, agree in no layer."""
    reference = [f"one{number}/kernel" for number in range(8)]
    candidate = [f"{name}.weight" for name in "hgfedcba"]
    probe = make_probe(reference, candidate, other=candidate[1:7], nearly=1e-9)
    found, pairs = found_by(probe)
    assert list(pairs.values()) == candidate
    assert found.trial.agrees
    assert not found.trial.agrees_exactly
    assert not found.ties
    assert probe.runs < 40


MORE = {"one": 0.5, "two": 1e-16}
SAME_INPUTS = frozenset({("one", "a"), ("two", "b")})


@pytest.mark.parametrize(
    ("outputs", "intermediates", "alone", "matches", "complete"),
    [
        (1e-15, MORE, {"one": 0.5}, SAME_INPUTS, True),
        (1e-15, {"one": 1e-16, "two": 1e-16}, {}, SAME_INPUTS, True),
        (1e-9, MORE, {"one": 0.5}, SAME_INPUTS, False),
        (1e-15, MORE, {"one": 0.5}, frozenset({("one", "b"), ("two", "b")}), False),
        (1e-15, MORE, {"one": 1e-16}, SAME_INPUTS, False),
        (1e-15, {"one": 0.5, "two": 0.5}, {"one": 0.5, "two": 0.0}, SAME_INPUTS, False),
    ],
    ids=[
        "does more",
        "all agree",
        "outputs in float32",
        "other input",
        "agrees alone",
        "two differ",
    ],
)
def test_a_layer_may_differ_only_if_one_side_does_more_in_it(
    make_probe, outputs, intermediates, alone, matches, complete
):
    search = Search(make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"]))
    trial = Trial({"output": outputs}, intermediates, alone, matches=matches)
    assert search._complete(search._plan("names"), trial) is complete


def test_a_layer_that_no_output_depends_on_does_not_do_more(make_probe, monkeypatch):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])
    search = Search(probe)
    trial = Trial({"output": 1e-15}, MORE, {"one": 0.5}, matches=SAME_INPUTS)
    monkeypatch.setitem(probe._influences, "one/kernel", frozenset())
    assert not search._complete(search._plan("names"), trial)


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
