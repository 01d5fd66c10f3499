"""What the search found is judged: confirmed by values, the only possibility, or unsure."""

from parity.declaring.model_sides import Layer
from parity.init.proposal import propose


def judgements(proposal):
    return [(m.judgement.sure, m.judgement.confirmed) for m in proposal.matches]


def test_a_right_candidate_is_confirmed_line_by_line(make_probe):
    proposal = propose(make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"]))
    assert judgements(proposal) == [(True, True), (True, True)]
    assert "the layer agrees" in proposal.matches[0].judgement.evidence
    assert proposal.confirmed == 2
    assert proposal.unsure == 0


def test_only_layers_that_agree_alone_are_checked_alone(make_probe):
    proposal = propose(make_probe(["one/kernel"], ["a.weight"]))
    assert proposal.layers == (Layer("one", "a"),)
    assert proposal.exempt == {}


def test_what_can_be_swapped_is_unsure(make_probe):
    probe = make_probe(["one/kernel", "two/kernel"], ["a.weight", "b.weight"], summed=True)
    proposal = propose(probe)
    assert judgements(proposal) == [(False, False)] * 2
    assert proposal.unsure == 2
    assert "equally good with" in proposal.matches[0].judgement.evidence


def test_a_weight_without_a_partner_is_unsure(make_probe):
    proposal = propose(make_probe(["one/kernel"], ["a.weight", "b.weight"]))
    assert [weight.name for weight in proposal.unmatched_candidate] == ["b.weight"]
    assert proposal.unsure >= 1


def test_a_single_possibility_is_unsure_where_the_models_differ(make_probe):
    proposal = propose(make_probe(["one/kernel"], ["a.weight"], scale=2.0, unknown=True))
    (match,) = proposal.matches
    assert match.judgement.confirmed is False


def test_names_decide_for_a_weight_that_no_output_depends_on(make_probe, monkeypatch):
    for key, by_name in (("one.weight", True), ("a.weight", False)):
        probe = make_probe(["one/kernel"], [key], unknown=True)
        monkeypatch.setattr(probe, "influence", lambda weight: frozenset())
        proposal = propose(probe)
        judgement = proposal.matches[0].judgement
        assert judgement.by_name is by_name
        assert not judgement.confirmed
        assert "no output depends on it" in judgement.evidence
        assert proposal.certain is by_name


def test_a_layer_that_computes_something_else_is_settled_and_those_behind_it_sure(make_probe):
    reference = ["one/kernel", "two/kernel", "three/kernel"]
    candidate = ["c.weight", "b.weight", "a.weight"]
    proposal = propose(make_probe(reference, candidate, other=["b.weight"]))
    judged = [match.judgement for match in proposal.matches]
    assert [match.layout.weights[0].keys for match in proposal.matches] == [(k,) for k in candidate]
    assert [one.confirmed for one in judged] == [True, False, True]
    assert judged[1].sure
    assert "given the same tensor as its partner; what it returns differs by" in judged[1].evidence
    assert not proposal.agrees
    assert not proposal.certain
