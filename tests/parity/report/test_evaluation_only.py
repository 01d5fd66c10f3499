"""Layers that were only seen in evaluation, in words and JSON."""

from parity.checking.training_runs import EvaluationOnly
from parity.report.evaluation_only import document, lines


def test_layers_of_one_reason_share_a_line():
    found = [EvaluationOnly(name, "default", "dropout of 0.1") for name in ("a", "b")]
    found.append(EvaluationOnly("c", "default", "other outputs", "the reference is a recording"))
    assert lines(found) == [
        "only seen in evaluation: a (dropout of 0.1), b (dropout of 0.1); add --train to compare "
        "them in training too",
        "only seen in evaluation: c (other outputs); because the reference is a recording",
    ]
    assert lines([]) == []


def test_many_layers_are_counted():
    (line,) = lines([EvaluationOnly(f"layer{n}", "default", "dropout of 0.1") for n in range(9)])
    assert "layer3 (dropout of 0.1) and 5 more; " in line


def test_the_document_has_every_field():
    (entry,) = document([EvaluationOnly("a", "default", "dropout of 0.1")])
    assert entry == {"layer": "a", "config": "default", "what": "dropout of 0.1", "reason": ""}
