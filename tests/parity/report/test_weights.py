"""Reports name the weights that a user gave, and what is known of them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from parity.checking.given_weights import GivenWeights
from parity.checking.own_weights import OwnWeight, OwnWeights
from parity.report import html, markdown
from parity.report import json as json_report
from parity.report.terminal import console
from parity.report.weights import document, lines, print_weights
from tests.parity.report.test_json import validator

GIVEN = GivenWeights("model.h5", {"a": np.ones(3, np.float32)})
OWN = OwnWeights(
    3,
    (
        OwnWeight("0.bias", "first/bias", 0.25, 2.0),
        OwnWeight("0.weight", "first/kernel", float("inf"), 1.0, "1.weight"),
        OwnWeight("1.weight", "last/kernel", None, 1.0),
    ),
)


@pytest.fixture
def plain(toy, check_port):
    return check_port(toy())


def test_drawn_weights_are_said_to_be_drawn(plain):
    assert lines(plain) == []
    assert document(plain)["source"] == "drawn"
    assert "<dd>drawn</dd>" in html.render(plain)


def test_the_source_is_in_every_report(plain, capsys):
    checked = replace(plain, weights=GIVEN)
    said = f"model.h5 (1 tensors, SHA-256 {GIVEN.sha256[:12]})"
    assert lines(checked) == [f"weights: {said}"]
    assert said in html.render(checked)
    assert said in markdown.render(checked)
    written = json.loads(json_report.render(checked))
    validator("check").validate(written)
    assert written["weights"] == {
        "source": "model.h5",
        "tensors": 1,
        "sha256": GIVEN.sha256,
        "candidate": None,
    }
    print_weights(console(), checked)
    assert said in capsys.readouterr().out
    built = replace(checked, weights=replace(GIVEN, source="pretrained"))
    assert lines(built)[0].startswith("weights: those that the reference's factory built (1")


def test_other_weights_of_the_candidate_fail_the_check(plain):
    checked = replace(plain, weights=GIVEN, own_weights=OWN)
    assert plain.exit_code == 0
    assert checked.exit_code == 1
    assert replace(checked, own_weights=OwnWeights(3, ())).exit_code == 0
    assert lines(checked)[1:] == [
        "the candidate's own weights: 0 of 3 tensors are the reference's",
        "  0.bias is not first/bias: up to 0.25 off, at a scale of 2",
        "  0.weight is not first/kernel: it holds what belongs to 1.weight",
        "  1.weight is not last/kernel: it has another shape",
    ]
    written = json.loads(json_report.render(checked))
    validator("check").validate(written)
    assert written["weights"]["candidate"]["different"][1]["max_abs_err"] == "inf"


def test_long_lists_are_cut(plain):
    many = OwnWeights(30, tuple(OwnWeight(f"{n}.bias", "w", 0.1, 1.0) for n in range(12)))
    found = lines(replace(plain, weights=GIVEN, own_weights=many))
    assert len(found) == 13
    assert found[-1] == "  and 2 more: 10.bias, 11.bias"
