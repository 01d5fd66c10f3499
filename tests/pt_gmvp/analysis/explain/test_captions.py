"""Texts around an explanation."""

import numpy as np
import pytest

from converters.residues import AMINO_ACIDS
from converters.variants.changes import parse_variant
from pt_gmvp.analysis.explain import captions
from pt_gmvp.analysis.explain.attention import Explanation, Neighbourhood, View, explain
from pt_gmvp.analysis.explain.captions import CAUTION, foot, frequencies, notes, padding

PTEN = "ENST00000371953"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "released norm of the covariance with this position, without unit; a feature"),
        (
            {"pairwise_type": "fre"},
            "one has no such feature, so its weights were used to compute it",
        ),
        ({"pairwise_norm": "paper"}, "paper norm"),
        ({"weighting_schema": "none"}, "one weights all 200 equally by configuration"),
    ],
)
def test_the_notes_say_what_is_the_model_s_own(small, pten, config, said):
    found = explain({"one": small(**config)}, parse_variant(f"{PTEN} R130Q"), pten)
    assert said in "\n".join(notes(found))


def test_padding_is_counted_with_its_weight(made):
    assert padding(made(0.5)) == ""
    assert padding(made(0.5, padding=150)) == (
        "150 of the 200 rows are gaps only, as no sequence fills them, and left out here; the model"
        " weights them with 75.0 % and counts them as gaps"
    )
    assert frequencies(made(0.5, padding=30)).endswith("20.0 % (of these, padding 15.0 %)")


def test_the_foot_says_what_stood_in(half, made):
    assert foot(made(0.5), None) == CAUTION
    assert foot(half, "A note.") == (
        f"{CAUTION} A note. Of the features, neutral values in place of population counts."
    )


@pytest.fixture
def made():
    """Return a function that makes an explanation of R130Q by models of these probabilities."""

    def explanation(*probabilities, change="R130Q", positions=129, padding=0):
        around = Neighbourhood(
            np.arange(positions) + 66,
            64,
            "R" * positions,
            ("",) * positions,
            np.zeros(positions),
            np.zeros((200, positions), np.int64),
            np.zeros(200),
            np.arange(200) >= 200 - padding,
        )
        frequencies = np.zeros(21)
        frequencies[[AMINO_ACIDS.index("R"), AMINO_ACIDS.index("Q"), 20]] = 0.75, 0.05, 0.2
        views = [
            View(
                f"model {number}", probability, np.zeros((2, positions)), np.zeros(2),
                np.zeros(positions), "released", False, np.full(200, 1 / 200), True, frequencies,
            )
            for number, probability in enumerate(probabilities, 1)
        ]  # fmt: skip
        variant = parse_variant(f"{PTEN} {change}")
        return Explanation(variant, around, views, float(np.mean(probabilities)))

    return explanation


def test_the_title(made):
    assert captions.heading(made(0.5)) == f"{PTEN} R130Q, p.Arg130Gln"
    assert captions.heading(made(0.5), "PTEN") == f"PTEN ({PTEN}) R130Q, p.Arg130Gln"


def test_scores_of_one_model_of_several_and_of_too_many_for_the_room(made):
    assert captions.scores(made(0.5)) == "gMVP 0.5000 by model 1"
    whole = "gMVP 0.4000, the mean of 3 models: model 1 0.3000, model 2 0.4000, model 3 0.5000"
    assert captions.scores(made(0.3, 0.4, 0.5)) == whole
    assert captions.scores(made(0.3, 0.4, 0.5), room=140) == whole
    short = "gMVP 0.4000, the mean of 3 models between 0.3000 and 0.5000"
    assert captions.scores(made(0.3, 0.5, 0.4), room=50) == short


def test_an_even_share_is_that_of_the_neighbours_and_the_slot(made):
    assert captions.even_share(made(0.5)) == 1 / 129
    assert captions.even_share(made(0.5, positions=65)) == 1 / 65
    assert captions.share(1.236) == "1.24×"


def test_frequencies_name_reference_substitute_and_gaps_once(made):
    assert captions.frequencies(made(0.5)) == "R 75.0 %, Q 5.0 %, gap or unknown 20.0 %"
    assert captions.frequencies(made(0.5, change="X130Q")) == "Q 5.0 %, gap or unknown 20.0 %"


def test_equal_weights_that_were_learned_are_noted_as_such(made):
    text = "\n".join(captions.notes(made(0.5)))
    assert "all 200 have the same weight" in text
    assert "by configuration" not in text
    assert captions.CAUTION in text
