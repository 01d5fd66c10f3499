"""Panel of the heads: a row each, and their models by name."""

import numpy as np
import pytest

from converters.variants.changes import parse_variant
from pt_gmvp.analysis.explain.attention import explain
from pt_gmvp.analysis.explain.head_panel import draw_heads, few_ticks


@pytest.fixture
def drawn(small, pten):
    """Draw the heads of models by their names; return the panel's axes and what it shows."""

    def draw(*names: str):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(13.33, 7.5))
        FigureCanvasAgg(figure)
        axes, bar = figure.subplots(1, 2)
        models = {name: small(seed=seed) for seed, name in enumerate(names)}
        found = explain(models, parse_variant("ENST00000371953 R130Q"), pten)
        draw_heads(axes, bar, found)
        return axes, found

    return draw


def labels(axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def test_the_heads_of_one_model_have_numbers(drawn):
    axes, found = drawn("ensemble_21.h5")
    heads = len(found.views[0].attention)
    assert labels(axes) == [str(head + 1) for head in range(heads)]
    assert axes.get_title(loc="left") == "attention, by head"
    window, slot = (image.get_array() for image in axes.images)
    assert np.array_equal(window, found.views[0].attention)
    assert np.array_equal(slot[:, 0], found.views[0].slot)


def test_models_are_named_by_what_distinguishes_them(drawn):
    axes, _ = drawn("ensemble_21.h5", "a_very_long_name_of_model_22.h5")
    assert labels(axes) == ["ensemble_21", "…_of_model_22"]
    assert axes.get_title(loc="left") == "attention, each model's heads"


def test_ticks_are_few_and_round():
    ticks = few_ticks(3).tick_values(0, 0.0183)
    assert len(ticks) <= 4
    assert ticks[1] in (0.005, 0.01)
