"""Rules and their differences in words."""

import numpy as np
import pytest

from parity.train.rules.families import FAMILIES
from parity.train.rules.fitting import Fit
from parity.train.rules.replay import Rule
from parity.train.rules.wording import describe, differences, number

NUMBERS = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7, "momentum": 0.9, "decay": 0.01}


def made(family, momentum="none", clipping="none", decay="none", scope="all weights", **changed):
    numbers = NUMBERS | {n: v for n, v in changed.items() if not isinstance(v, str)}
    choices = {n: options[0] for n, options in FAMILIES[family].choices.items()}
    choices |= {n.replace("_", " "): v for n, v in changed.items() if isinstance(v, str)}
    rule = Rule(family, tuple(choices.items()), momentum, clipping, decay, scope)
    params = {n: numbers.get(n, 0.5) for n in rule.parameters()}
    return Fit(rule, params, np.ones(3), 0.0, 0.0, (2, 3))


@pytest.mark.parametrize(
    ("reference", "candidate", "words"),
    [
        (made("adam"), made("adam"), []),
        (
            made("adam"),
            made("adam", epsilon="outside"),
            [
                "the candidate adds epsilon to the root after the bias correction, the reference "
                "adds epsilon to the root before the bias correction (epsilon hat)"
            ],
        ),
        (
            made("adam"),
            made("adam", beta2=0.99),
            ["beta2 is 0.99 in the candidate, 0.999 in the reference"],
        ),
        (
            made("sgd", "inside nesterov"),
            made("sgd", "inside"),
            ["the candidate has momentum, the reference Nesterov's momentum"],
        ),
        (
            made("adam", decay="coupled", scope="matrices only"),
            made("adam", decay="coupled"),
            ["the candidate decays all weights, the reference matrices only"],
        ),
        (
            made("adam", amsgrad="yes"),
            made("adam", bias_correction="no"),
            [
                "the candidate does not use amsgrad, the reference does",
                "the candidate does not correct the averages' bias, the reference does",
            ],
        ),
    ],
)
def test_differences(reference, candidate, words):
    assert differences(reference, candidate) == words


def test_another_family():
    (words,) = differences(made("adam"), made("sgd", clipping="value"))
    assert words.startswith("the candidate follows SGD (gradients clipped by value, threshold 0.5)")
    assert "the reference Adam (epsilon added to the root before" in words


def test_describe_every_option():
    for family in FAMILIES:
        assert describe(made(family)).startswith(FAMILIES[family].title)
        for feature, options in FAMILIES[family].choices.items():
            for option in options:
                one, other = made(family), made(family, **{feature: option})
                assert bool(differences(one, other)) == (one.rule != other.rule)


def test_numbers():
    assert number(0.9) == "0.9"
    assert number(float(np.float32(0.9))) == "0.9 in float32"
