"""Panels of the score and of the species' weights."""

import numpy as np
import pytest

from converters.variants.changes import parse_variant
from pt_gmvp.analysis.explain.attention import explain
from pt_gmvp.analysis.explain.side_panels import (
    BLUE,
    MARK,
    draw_score,
    draw_species,
    title,
    two_titles,
)


@pytest.fixture
def axes():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.33, 7.5))
    FigureCanvasAgg(figure)
    return figure.add_subplot()


@pytest.fixture
def alone(small, pten):
    """R130Q by one model that weighs all species equally."""
    model = small(weighting_schema="none")
    return explain({"one": model}, parse_variant("ENST00000371953 R130Q"), pten)


def test_a_title_stands_on_the_left(axes):
    title(axes, "attention")
    assert axes.get_title(loc="left") == "attention"
    assert axes.get_title() == ""


def test_two_titles(axes):
    two_titles(axes, "first", "second")
    first, second = axes.texts
    assert (first.get_text(), second.get_text()) == ("first", "second")
    assert first.get_position()[1] > second.get_position()[1]


def test_the_score_and_each_model_s(axes, explained):
    draw_score(axes, explained)
    diamond = axes.collections[-1].get_offsets()
    assert diamond[0, 0] == pytest.approx(explained.probability)
    lines = axes.collections[1].get_segments()
    assert [line[0][0] for line in lines] == [view.probability for view in explained.views]
    assert axes.texts[0].get_text() == f"{explained.probability:.3f}"
    assert axes.get_title(loc="left") == "gMVP score, and each model's"


def test_of_one_model_there_is_the_score_alone(axes, alone):
    draw_score(axes, alone)
    assert len(axes.collections) == 2
    assert axes.get_title(loc="left") == "gMVP score"


def test_every_species_is_drawn_once_by_its_residue(axes, explained):
    draw_species(axes, explained)
    drawn = np.concatenate([dots.get_offsets() for dots in axes.collections])
    assert len(drawn) == 200
    expected = np.stack([explained.around.identity, explained.species * 200], 1)
    assert np.array(sorted(drawn.tolist())) == pytest.approx(np.array(sorted(expected.tolist())))
    from matplotlib.colors import to_hex

    colors = {dots.get_label()[0]: to_hex(dots.get_facecolor()[0]) for dots in axes.collections}
    assert colors["R"] == BLUE
    assert colors.get("Q", MARK) == MARK
    counts = [int(dots.get_label().split()[-1]) for dots in axes.collections]
    assert counts == [len(dots.get_offsets()) for dots in axes.collections]


def test_rows_of_padding_are_not_drawn(axes, half):
    draw_species(axes, half)
    assert sum(len(dots.get_offsets()) for dots in axes.collections) == 31
    assert "(1 is an even share; 169 rows of padding left out)" in [
        text.get_text() for text in axes.texts
    ]


def test_equal_weights_lie_on_a_line_in_the_middle(axes, alone):
    draw_species(axes, alone)
    assert axes.get_ylim() == (0, 2)
    for dots in axes.collections:
        assert np.asarray(dots.get_offsets())[:, 1] == pytest.approx(1)
