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


@pytest.mark.slow
def test_no_words_leave_the_picture(explained):
    figure = picture(explained, "PTEN", "a note")
    # In inches, of all that is drawn.
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height


LONG = "A name of many words, as some genes and tables have, " * 9


def test_names_of_any_length_stay_in_the_picture(small, padded):
    models = {f"a_model_of_quite_a_long_name_{n}" * 4: small(seed=n) for n in (1, 2, 3)}
    many = np.concatenate([padded] * 26)
    position = 403 * 25 + 130
    found = explain(models, parse_variant(f"ENST_{'X' * 150} R{position}Q"), many, {"counts": LONG})
    figure = picture(found, LONG, LONG)
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height
    assert height > 7.5
    assert any(text.endswith(f"R{position}Q, p.Arg{position}Gln") for text in texts(figure))


def test_names_of_neighbours_do_not_overlap(small, pten):
    many = np.concatenate([pten] * 26)
    found = explain({"m": small()}, parse_variant(f"T R{403 * 25 + 130}Q"), many)
    figure = picture(found)
    renderer = figure.canvas.get_renderer()
    names = [text for text in figure.axes[0].texts if text.get_text()[1:].isdigit()]
    boxes = sorted((t.get_window_extent(renderer) for t in names), key=lambda box: box.x0)
    assert len(boxes) > 2
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))


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
