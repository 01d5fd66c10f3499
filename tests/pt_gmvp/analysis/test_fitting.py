"""Text that must fit: shrunk, shortened in the middle, or broken into lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.analysis.fitting import fit, shortened, wrapped


@pytest.fixture(scope="module")
def figure():
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(6, 2))
    FigureCanvasAgg(made)
    return made


def inches(figure, text):
    box = text.get_window_extent(figure.canvas.get_renderer())
    return box.x0 / figure.dpi, box.x1 / figure.dpi


def test_what_fits_is_left_alone(figure):
    text = figure.text(0.1, 0.5, "PTEN", fontsize=17)
    fit(text, 5, 9)
    assert (text.get_text(), text.get_fontsize()) == ("PTEN", 17)


def test_shrunk_and_then_shortened_in_the_middle(figure):
    name = "A_LONG_NAME_OF_A_TRANSCRIPT"
    text = figure.text(0.1, 0.5, f"{name} R130Q", fontsize=17)
    fit(text, 4, 9)
    assert text.get_text() == f"{name} R130Q"
    assert 9 < text.get_fontsize() < 17
    text = figure.text(0.1, 0.5, f"{name * 9} R130Q", fontsize=17)
    fit(text, 4, 9)
    assert text.get_fontsize() == 9
    assert text.get_text().startswith("A_LONG")
    assert text.get_text().endswith("R130Q")
    assert "…" in text.get_text()
    assert 3.7 < inches(figure, text)[1] <= 4


def test_lines_are_one_line(figure):
    text = figure.text(0.1, 0.5, "PTEN\nR130Q\t(x)", fontsize=17)
    fit(text, 5, 9)
    assert text.get_text() == "PTEN R130Q (x)"


@given(st.text(max_size=40), st.integers(0, 50))
def test_shortened_to_a_number_of_letters(text, letters):
    found = shortened(text, letters)
    assert len(found) <= max(letters, len(text) if len(text) <= letters else 0)
    assert found == text or len(text) > letters


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text("abW_", min_size=1, max_size=40), max_size=5))
def test_lines_hold_every_letter_and_are_no_wider(figure, words):
    lines = wrapped(figure, " ".join(words), 9, 1.5)
    assert "".join(lines).replace(" ", "") == "".join(words)
    for line in lines:
        text = figure.text(0, 0, line, fontsize=9)
        left, right = inches(figure, text)
        text.remove()
        assert right - left <= 1.5


def test_words_stay_whole_where_they_fit(figure):
    lines = wrapped(figure, "the homologs of this protein are simulated", 9, 1.5)
    assert " ".join(lines) == "the homologs of this protein are simulated"
    assert len(lines) == 2
