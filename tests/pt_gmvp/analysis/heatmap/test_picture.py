"""The picture of a map: its cells, marks and words, and what is too long for one."""

from dataclasses import replace

import numpy as np
import pytest

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.captions import Caption
from pt_gmvp.analysis.heatmap.colors import WILD_TYPE, Colors
from pt_gmvp.analysis.heatmap.grid import Grid
from pt_gmvp.analysis.heatmap.known import Known
from pt_gmvp.analysis.heatmap.order import CHEMISTRY, order_of
from pt_gmvp.analysis.heatmap.picture import draw, picture

CAPTION = Caption("mean of two test models", "PTEN", "homologs are simulated")


def texts(figure) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_every_cell_has_its_score_s_colour(pten_map):
    from matplotlib.colors import to_rgba

    colors = Colors(low=0.37, high=0.45)
    order = order_of("alphabet")
    figure = picture(pten_map, CAPTION, colors, order, [])
    # Of each panel one image of the one group, and one of the means.
    images = [np.asarray(image.get_array()) for image in figure.axes[0].images]
    cells = np.concatenate([image for image in images if len(image) == 20], 1)
    assert cells.shape == (20, 403, 4)
    expected = colors.mapping().to_rgba(pten_map.scores)
    expected[pten_map.wild_type] = to_rgba(WILD_TYPE)
    assert cells == pytest.approx(expected)
    means = np.concatenate([image for image in images if len(image) == 1], 1)[0]
    assert means == pytest.approx(colors.mapping().to_rgba(pten_map.means))


def test_rows_stand_in_their_order(pten_map):
    figure = picture(pten_map.cut((1, 30)), CAPTION, Colors(), CHEMISTRY, [])
    images = [np.asarray(image.get_array()) for image in figure.axes[0].images]
    groups = images[: len(CHEMISTRY.groups)]
    assert [len(group) for group in groups] == [len(group.letters) for group in CHEMISTRY.groups]
    cells = np.concatenate(groups)
    row = CHEMISTRY.letters.index("K")
    score = pten_map.scores[AMINO_ACIDS.index("K"), 9]
    assert cells[row, 9] == pytest.approx(Colors().mapping().to_rgba(score))


def test_its_words(pten_map):
    known = [Known(3, "W", True), Known(4, "W", False), Known(5, "W", False)]
    shown = texts(picture(pten_map, CAPTION, Colors(), CHEMISTRY, known))
    for text in (
        "PTEN (ENST00000371953)",
        "gMVP score of every substitution, 403 residues; mean of two test models",
        "homologs are simulated",
        "the protein's own residue",
        "known harmful: 1",
        "known harmless: 2",
        *("1", "10", "400", "aromatic", "mean"),
    ):
        assert text in shown
    assert not any("no score" in text for text in shown)
    assert shown.count("acidic") == 3


def test_what_is_missing_is_hatched_and_counted(pten_map):
    scores = pten_map.scores.copy()
    scores[AMINO_ACIDS.index("W"), :7] = np.nan
    grid = replace(pten_map, scores=scores).cut((1, 50))
    figure = picture(grid, CAPTION, Colors(), CHEMISTRY, [])
    assert "no score: 7 of 950" in texts(figure)
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 2  # below the cells, and in the key
    group = figure.axes[0].images[0].get_array()
    assert (group[1, :7, 3] == 0).all()
    assert (group[1, 7:, 3] == 1).all()


@pytest.mark.parametrize("length", [1, 12, 60, 151])
@pytest.mark.parametrize("order", ["chemistry", "hydropathy"])
def test_no_words_leave_the_picture(length, order):
    protein = ("ACDEFGHIKLMNPQRSTVWY*" * 20)[:length]
    scores = np.random.default_rng(length).random((20, length))
    scores[3, 0] = np.nan
    grid = Grid("ENST00000371953", 9000, protein, scores)
    known = [Known(9000, "W", True)]
    figure = picture(grid, CAPTION, Colors(), order_of(order), known)
    # In inches, of all that is drawn.
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height


LONG = "A name of many words, as some genes and tables have, " * 9


@pytest.mark.parametrize("length", [3, 403])
def test_names_of_any_length_stay_in_the_picture(pten_map, length):
    grid = replace(pten_map.cut((1, length)), transcript="ENST_" + "X" * 200)
    caption = Caption("from " + "a" * 300 + ".tsv", LONG, LONG, "score_" * 30, True, (LONG, LONG))
    figure = picture(grid, caption, Colors(), CHEMISTRY, [Known(2, "W", True)])
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert 0 <= box.x0 <= box.x1 <= width
    assert 0 <= box.y0 <= box.y1 <= height
    # What the user wrote is all there, on as many lines as it takes.
    shown = " ".join(texts(figure)[::-1])
    assert shown.count("A name of many words") >= 9


def test_a_known_variant_is_marked_in_the_corner_of_its_cell(pten_map):
    from matplotlib.collections import PolyCollection

    known = [Known(3, "W", True), Known(4, "W", False)]
    figure = picture(pten_map.cut((1, 30)), CAPTION, Colors(), CHEMISTRY, known)
    drawn = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection)]
    assert len(drawn) == 4  # one of each kind in the map, and one in the key
    images = figure.axes[0].images[: len(CHEMISTRY.groups)]
    left, right, bottom, top = images[0].get_extent()
    cell = (right - left) / 30
    inside = [np.asarray(c.get_paths()[0].vertices) for c in drawn[:2]]
    for number, vertices in zip((3, 2), inside, strict=True):  # harmless ones first
        assert (vertices[:, 0] >= left + number * cell - 1e-6).all()
        assert (vertices[:, 0] <= left + (number + 1) * cell + 1e-6).all()
        assert (vertices[:, 1] >= top - 1e-6).all()
        assert (vertices[:, 1] <= bottom + 1e-6).all()


@pytest.mark.parametrize(
    ("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_formats_and_the_same_map_is_the_same_file(pten_map, tmp_path, suffix, start):
    paths = [tmp_path / f"{name}.{suffix}" for name in "ab"]
    for path in paths:
        draw(path, pten_map.cut((1, 40)), CAPTION)
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(start)
    assert first == second
    assert len(list(tmp_path.iterdir())) == 2
    if suffix == "png":
        from matplotlib.image import imread

        height, width = imread(paths[0]).shape[:2]
        assert width == pytest.approx(2600, abs=20)
        assert 900 < height < 1100


def test_too_long_for_a_picture(tmp_path):
    grid = Grid("T", 1, "A" * 3001, np.zeros((20, 3001)))
    with pytest.raises(
        InputError, match="T: a picture of 3,001 positions is too tall; expected at most 3,0"
    ):
        draw(tmp_path / "t.png", grid, CAPTION)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_dollar_begins_no_formula(pten_map, tmp_path, suffix):
    caption = Caption("from $t_1$.tsv", "$x_1$", "costs 5$ or \\frac{$")
    draw(tmp_path / f"m.{suffix}", pten_map, caption)
    if suffix == "svg":
        assert "$x_1$" in (tmp_path / "m.svg").read_text()
