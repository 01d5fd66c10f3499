"""The heat map of strengths: what is coloured, what is marked, and what the axes say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.analysis.coevolution import plot
from pt_gmvp.analysis.coevolution.plot import write_map


def strengths(length, seed=0):
    drawn = np.random.default_rng(seed).random((length, length))
    return np.maximum(drawn, drawn.T)


def drawn_map(length, min_separation=6, first=1):
    positions = np.arange(first, first + length)
    return plot._map(strengths(length), "A" * length, positions, "title", "unit", min_separation)


def test_it_is_a_png_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "map.png"
    write_map(path, strengths(9), "MKVLAAGIV", np.arange(1, 10), title="t", unit="u")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert list(tmp_path.iterdir()) == [path]


def test_where_it_cannot_be_written_nothing_is_left(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        write_map(tmp_path / "no" / "m.png", strengths(3), "MKV", np.arange(3), title="", unit="")
    assert not list(tmp_path.iterdir())


def test_the_upper_half_has_the_strengths_and_the_lower_half_the_marks():
    figure = drawn_map(30)
    axes = figure.axes[0]
    shown = np.asarray(axes.images[0].get_array().filled(np.nan))
    upper = np.triu_indices(30, 1)
    assert np.array_equal(shown[upper], strengths(30)[upper])
    assert np.isnan(np.tril(shown)[np.tril_indices(30)]).all()
    marks = axes.collections[0].get_offsets()
    assert len(marks) == 30
    assert (marks[:, 1] - marks[:, 0] >= 6).all()  # x < y: below the diagonal
    assert "the 30 strongest pairs at least 6 apart" in axes.texts[0].get_text()


@given(st.integers(2, 60), st.integers(2, 20))
def test_a_large_matrix_is_reduced_to_maxima_of_squares(length, cells):
    matrix = strengths(length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plot, "_CELLS", cells)
        shown = plot._upper(matrix)
    step = -(-length // cells)
    assert len(shown) <= cells
    for row, column in zip(*np.triu_indices(len(shown), 1), strict=True):
        square = matrix[row * step : (row + 1) * step, column * step : (column + 1) * step]
        assert shown[row, column] == square.max()
    assert np.isnan(shown[np.tril_indices(len(shown))]).all()


def test_the_range_ignores_outliers_and_is_never_empty():
    values = np.full((50, 50), 0.5)
    values[0, 1] = 100.0
    low, high = plot._range(values)
    assert low == 0.5
    assert low < high < 100
    assert plot._range(np.full((1, 1), np.nan)) == (0.0, 1.0)


def test_few_positions_have_their_letters_and_many_round_numbers():
    few = drawn_map(12, min_separation=1, first=101).axes[0]
    name = few.xaxis.get_major_formatter()
    assert [name(0), name(11), name(12), name(-1)] == ["A101", "A112", "", ""]
    many = drawn_map(300, first=51).axes[0]
    name = many.xaxis.get_major_formatter()
    numbers = [int(name(tick)) for tick in many.get_xticks()]
    assert 4 < len(numbers) < 14
    assert all(number % 10 == 0 for number in numbers)


def test_ticks_of_positions_with_gaps_are_the_nearest_columns():
    positions = np.array([*range(1, 101), *range(500, 601)])
    ticks = plot._ticks(positions)
    assert ticks == sorted(set(ticks))
    assert all(0 <= tick < len(positions) for tick in ticks)
