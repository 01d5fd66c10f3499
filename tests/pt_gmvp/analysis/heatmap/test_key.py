"""The key of a map's picture: a colour bar, and a mark for what the map has."""

import numpy as np
import pytest

from pt_gmvp.analysis.heatmap.colors import HARMFUL, HARMLESS, Colors
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.key import box, corner, draw_key, hatched, marks
from pt_gmvp.analysis.heatmap.known import Known
from pt_gmvp.analysis.heatmap.layout import lay_out
from pt_gmvp.analysis.heatmap.order import CHEMISTRY


@pytest.fixture
def draw():
    """Return a function that draws a key, and returns the page and the colour bar."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def drawn(missing=0, known=(), scale="gMVP", colors=None):
        scores = np.full((20, 30), 0.5)
        scores[5 : 5 + missing, 0] = np.nan
        grid = Grid("T", 1, "A" * 30, scores)
        placed = lay_out(grid.length, CHEMISTRY)
        figure = Figure(figsize=(placed.width, placed.height))
        FigureCanvasAgg(figure)
        page = figure.add_axes((0, 0, 1, 1))
        page.set(xlim=(0, placed.width), ylim=(placed.height, 0))
        mapping = (colors or Colors()).mapping()
        draw_key(figure, page, grid, placed, mapping, known, scale)
        return page, figure.axes[1]

    return drawn


def texts(page):
    return [text.get_text() for text in page.texts]


def test_it_explains_what_the_map_has_and_nothing_else(draw):
    page, _ = draw()
    assert texts(page) == ["gMVP", "the protein's own residue"]
    assert not [patch for patch in page.patches if patch.get_hatch()]
    page, _ = draw(missing=2, known=[Known(1, "C", True)])
    assert texts(page)[2:] == ["no score: 2 of 570", "known harmful: 1", "known harmless: 0"]
    assert len([patch for patch in page.patches if patch.get_hatch()]) == 1


def test_the_colour_bar_has_the_range_and_its_middle(draw):
    _, bar = draw(colors=Colors(low=0.2, high=0.8))
    assert [label.get_text() for label in bar.get_xticklabels()] == ["0.2", "0.5", "0.8"]


def test_entries_continue_on_a_second_line_within_the_page(draw):
    page, _ = draw(missing=1, known=[Known(1, "C", True)], scale="a score " * 5)
    lines = sorted({text.get_position()[1] for text in page.texts})
    assert len(lines) == 2
    assert lines[1] - lines[0] == pytest.approx(0.19)
    wide = page.get_xlim()[1]
    for text in page.texts:
        assert text.get_position()[0] + 0.064 * len(text.get_text()) <= wide
    one_line, _ = draw()
    assert len({text.get_position()[1] for text in one_line.texts}) == 1


def area(points):
    (a, b), (c, d), (e, f) = points
    return abs((c - a) * (f - b) - (e - a) * (d - b)) / 2


@pytest.mark.parametrize(("width", "height"), [(0.076, 0.132), (0.3, 0.132), (0.132, 0.132)])
def test_a_mark_leaves_most_of_its_cell_visible(width, height):
    for harmful in (True, False):
        points = corner(harmful, 1.0, 2.0, width, height)
        assert area(points) <= 0.22 * width * height
        assert all(1 <= x <= 1 + width + 1e-9 for x, _ in points)
        assert all(2 <= y <= 2 + height + 1e-9 for _, y in points)
    # In opposite corners, so that one cell could have both.
    assert corner(True, 0, 0, 1, 1)[1] == (1, 0)
    assert corner(False, 0, 0, 1, 1)[2] == (0, 1)


def test_marks_of_known_variants_differ_in_colour():
    from matplotlib.colors import to_hex

    shapes = [corner(True, 0, 0, 1, 1)]
    faces = [to_hex(marks(shapes, harmful).get_facecolor()[0]) for harmful in (True, False)]
    assert faces == [HARMFUL, HARMLESS]


def test_rectangles():
    plain, filled = box(1, 2, 3, 4, facecolor="red"), hatched(1, 2, 3, 4, zorder=-1)
    for patch in (plain, filled):
        assert patch.get_bbox().bounds == (1, 2, 3, 4)
    assert plain.get_hatch() is None
    assert filled.get_hatch()
    assert filled.get_zorder() == -1
