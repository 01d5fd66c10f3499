"""The picture of an explanation: its size, what is in it, and that nothing leaves the frame."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from converters.variants.changes import parse_variant
from pt_gmvp.analysis.explain.attention import explain
from pt_gmvp.analysis.explain.picture import draw, peaks, picture

PTEN = "ENST00000371953"


def texts(figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_what_is_in_it(explained):
    figure = picture(explained, "PTEN", "homologs are simulated")
    shown = texts(figure)
    assert f"PTEN ({PTEN}) R130Q, p.Arg130Gln" in shown
    assert "R130Q" in shown
    assert "slot" in shown
    assert any("ensemble_21 0.4254" in text for text in shown)
    assert any(text.endswith("homologs are simulated") for text in shown)
    top = explained.ranked[0]
    name = f"{explained.around.residues[top]}{explained.around.positions[top]}"
    assert name in shown
    attention, heads, strength = figure.axes[:3]
    heights = [bar.get_height() for bar in attention.patches[:129]]
    assert heights == pytest.approx(explained.attention.tolist())
    image = heads.images[0].get_array()
    assert np.array_equal(image, np.concatenate([view.attention for view in explained.views]))
    own = explained.strength.copy()
    own[explained.around.center] = 0
    assert [bar.get_height() for bar in strength.patches[:129]] == pytest.approx(own.tolist())


def test_no_words_leave_the_picture(explained):
    figure = picture(explained, "PTEN", "a note")
    # In inches, of all that is drawn.
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_formats(explained, tmp_path, suffix, start):
    draw(tmp_path / f"r.{suffix}", explained)
    assert (tmp_path / f"r.{suffix}").read_bytes().startswith(start)
    assert len(list(tmp_path.iterdir())) == 1
    if suffix == "png":
        from matplotlib.image import imread

        assert imread(tmp_path / "r.png").shape[:2] == (1200, 2132)


@pytest.mark.parametrize("change", ["M1K", "V403K"])
def test_at_the_ends_it_says_where_the_protein_is(small, pten, change):
    found = explain(
        {"one": small(weighting_schema="none")}, parse_variant(f"{PTEN} {change}"), pten
    )
    side = "before" if change == "M1K" else "after"
    assert f"{side}\nthe protein" in texts(picture(found))


def test_a_name_stands_above_a_bar_that_is_the_highest_around(explained):
    attention = explained.attention
    rows = peaks(explained)
    assert 1 < len(rows) <= 6
    assert rows[0] == explained.ranked[0]
    for row in rows:
        assert attention[row] == attention[max(row - 2, 0) : row + 3].max()
    ordered = sorted(rows)
    assert all(after - before >= 5 for before, after in pairwise(ordered))


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_dollar_begins_no_formula(explained, tmp_path, suffix):
    draw(tmp_path / f"r.{suffix}", explained, "$x_1$", "costs 5$ or \\frac{$")
    if suffix == "svg":
        assert "$x_1$" in (tmp_path / "r.svg").read_text()


def test_a_short_protein_has_its_position_named(drawn_model, pten, explained):
    model = drawn_model({"d_fc": 6, "d_model": 8, "num_heads": 2}, 1, torch.float32)
    one = explain({"m": model}, parse_variant("T M1A"), pten[:1])
    labels = [[label.get_text() for label in axes.get_xticklabels()] for axes in picture(one).axes]
    assert ["1"] in labels
    assert one.slot == 1
    assert one.ranked == []
