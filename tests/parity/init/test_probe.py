"""A map is tried on both models, and the layers that both have are compared."""

from parity.init.layouts import Layout, LayoutCall


def transposed(reference, candidate):
    return Layout((LayoutCall("transposed", (reference, (3, 3), candidate, (1, 0))),))


def pairings(probe, order):
    theirs = {weight.name: x for x in probe.candidate.layers for weight in x.weights}
    return [
        (ours, theirs[key], transposed(ours.weights[0].name, key))
        for ours, key in zip(probe.reference.layers, order, strict=True)
    ]


def test_the_right_map_agrees_in_every_layer_and_a_wrong_one_in_none(make_probe):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])
    right = probe.try_map(pairings(probe, ["a.weight", "b.weight"]))
    assert right.agrees
    assert right.score == right.full_score == 6
    assert right.confirms("one")
    wrong = probe.try_map(pairings(probe, ["b.weight", "a.weight"]))
    assert not wrong.agrees
    assert wrong.outputs["output"] > 1e-2
    assert probe.runs == 2


def test_with_each_layer_passing_on_what_the_references_returns_only_what_differs_is_seen(
    make_probe,
):
    probe = make_probe(
        ["one/kernel", "two/kernel", "three/kernel"],
        ["a.weight", "b.weight", "c.weight"],
        other=["a.weight"],
    )
    order = ["a.weight", "b.weight", "c.weight"]
    plain, aligned = (
        attempt(pairings(probe, order)) for attempt in (probe.try_map, probe.try_aligned)
    )
    assert plain.matches == {("one", "a")}
    assert aligned.matches == {("one", "a"), ("two", "b"), ("three", "c")}
    assert not aligned.confirms("one")
    assert aligned.confirms("two")
    assert aligned.score == aligned.full_score - 1
    assert aligned.outputs["output"] < 1e-12
    assert not aligned.agrees
    wrong = probe.try_aligned(pairings(probe, ["a.weight", "c.weight", "b.weight"]))
    assert ("two", "c") not in wrong.matches
    assert wrong.score < aligned.score


def test_a_weight_left_out_of_the_map_makes_no_agreement(make_probe):
    probe = make_probe(["one/kernel"], ["a.weight"])
    assert probe.try_map([]).score == 0


def test_every_weight_of_a_chain_influences_its_output(make_probe):
    probe = make_probe(["one/kernel"], ["a.weight"])
    assert probe.influence("one/kernel") == probe.influence("a.weight") == {0}


def test_an_influence_far_below_what_float32_shows_is_one(make_probe):
    probe = make_probe(["one/kernel"], ["a.weight"], scale=1e-9, beside=True)
    assert probe.influence("a.weight") == {0}


def test_layers_that_are_given_the_same_tensor_are_matched(make_probe):
    probe = make_probe(["one/kernel", "two/kernel"], ["b.weight", "a.weight"])
    trial = probe.try_map(pairings(probe, ["b.weight", "a.weight"]))
    assert trial.matches == {("one", "b"), ("two", "a")}


def test_a_layer_that_cannot_be_called_alone_is_compared_in_place_only(make_probe, monkeypatch):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])

    def refuses(*args):
        raise TypeError("missing 2 required positional arguments: 'key' and 'value'")

    monkeypatch.setattr(probe._candidate, "run_layer", refuses)
    wrong = probe.try_map(pairings(probe, ["b.weight", "a.weight"]))
    assert not wrong.confirms("one")
    assert not wrong.agrees
    assert probe.try_map(pairings(probe, ["a.weight", "b.weight"])).agrees


def test_a_layer_that_differs_runs_alone_once_for_each_layout(make_probe, monkeypatch):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])
    called, run_layer = [], probe._candidate.run_layer

    def counting(layer, weights, tensor):
        called.append((layer.reference, sorted(weights)))
        return run_layer(layer, weights, tensor)

    monkeypatch.setattr(probe._candidate, "run_layer", counting)
    first = probe.try_map(pairings(probe, ["b.weight", "a.weight"]))
    again = probe.try_map(pairings(probe, ["b.weight", "a.weight"]))
    assert called == [("one", ["b.weight"]), ("two", ["a.weight"])]
    assert again == first
    probe.try_map(pairings(probe, ["a.weight", "b.weight"]))
    assert len(called) == 2


def test_an_influence_takes_one_run_besides_the_first(make_probe, monkeypatch):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"])
    runs, run = [], probe._reference.run

    def counting(*given):
        runs.append(1)
        return run(*given)

    monkeypatch.setattr(probe._reference, "run", counting)
    assert [probe.influence(name) for name in ("one/kernel", "two/kernel")] == [{0}, {0}]
    assert len(runs) == 3
