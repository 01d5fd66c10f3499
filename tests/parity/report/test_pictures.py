"""Pictures of a check: what is drawn where, and what is hard to draw."""

from dataclasses import replace

import numpy as np
import pytest

from parity.checking import detail
from parity.checking.detail import Magnitudes, Positions
from parity.judging.margin import margin
from parity.report import pictures
from parity.report.svg import FAIL, TEXT, draw, drawing
from tests.parity.report.results import BAD, GOOD

WRONG = replace(BAD, name="z", max_abs_err_64=0.5, cand_err=0.5)


@pytest.fixture(autouse=True)
def page_colours():
    with drawing():
        yield


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_outputs_without_a_scale_or_without_float64_have_no_margin():
    no_scale, single = replace(GOOD, scale=0.0), replace(GOOD, max_abs_err_64=None)
    found = pictures.with_margins([GOOD, no_scale, single, WRONG])
    assert [output for output, _ in found] == [GOOD, WRONG]
    assert found[0][1] == margin(GOOD)


def test_errors_are_relative_to_the_scale_from_top_to_bottom():
    figure = pictures.growth([GOOD, WRONG])
    (axes,) = figure.axes
    lines = {line.get_label(): line for line in axes.lines if line.get_label() != "_"}
    assert lines[detail.CANDIDATE32].get_xdata() == pytest.approx([5e-8, 0.25])
    assert lines[detail.BETWEEN64].get_xdata() == pytest.approx([2e-16, 0.25])
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    names = axes.get_yticklabels()
    assert [(name.get_text(), name.get_color()) for name in names] == [("y", TEXT), ("z", FAIL)]
    assert legend(figure)[-1] == "bound"


def test_infinite_errors_and_zeros_stay_within_the_axis():
    extreme = replace(GOOD, max_abs_err_64=0.0, ref_err=0.0, cand_err=float("inf"))
    (axes,) = pictures.growth([extreme]).axes
    low, high = axes.get_xlim()
    for line in axes.lines:
        assert all(low < x <= high for x in np.asarray(line.get_xdata()))


def test_long_names_keep_their_end():
    (axes,) = pictures.growth([replace(GOOD, name="block/" * 10 + "kernel")]).axes
    (name,) = (label.get_text() for label in axes.get_yticklabels())
    assert len(name) == 30
    assert name.startswith("…")
    assert name.endswith("/kernel")


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [([GOOD], ["passes"]), ([WRONG], ["fails"]), ([GOOD, WRONG], ["passes", "fails"])],
)
def test_shares_are_drawn_by_verdict(outputs, labels):
    figure = pictures.shares(outputs)
    assert legend(figure) == labels
    points = figure.axes[0].lines[: len(labels)]
    found = margin(outputs[0])
    assert points[0].get_xdata() == pytest.approx([max(found.logic, 1e-6)])
    assert points[0].get_ydata() == pytest.approx([found.rounding])


def magnitudes(place=None):
    shape = [(high - low) * detail.BINS for low, high in (detail.MAGNITUDES, detail.ERRORS)]
    counts, largest = np.zeros(shape, np.int64), np.zeros(shape[0])
    if place is not None:
        counts[place], largest[place[0]] = 7, 1e-7
    return Magnitudes({detail.CANDIDATE32: counts}, {detail.CANDIDATE32: largest})


def test_a_cloud_counts_elements_and_a_line_has_the_largest_error():
    figure = pictures.magnitudes(magnitudes((20, 50)), margin(GOOD), 2.0)
    (axes,) = figure.axes
    cloud = np.asarray(axes.images[0].get_array())
    assert [tuple(place) for place in np.argwhere(cloud[..., 3])] == [(50, 20)]
    levels = np.asarray(axes.lines[0].get_ydata())
    assert np.flatnonzero(np.isfinite(levels)).tolist() == [20]
    assert levels[20] == pytest.approx(-7)
    assert legend(figure) == [detail.CANDIDATE32, "bound"]
    assert axes.get_xlim() == (-4, 0)


def test_without_elements_and_bounds_the_axes_show_every_decade():
    figure = pictures.magnitudes(magnitudes(), None, 1.0)
    assert legend(figure) == [detail.CANDIDATE32]
    assert figure.axes[0].get_xlim() == detail.MAGNITUDES
    assert draw(figure)


def positions(values, letters=("batch", "unit"), extent=None):
    values = np.array(values)
    return Positions((0, 1), letters, extent or values.shape, {detail.CANDIDATE32: values})


def test_a_map_leaves_out_what_has_no_error_and_crosses_what_is_infinite():
    found = positions([[0.0, 1e-3], [np.inf, 1e-5]], extent=(4, 2))
    axes, _ = pictures.positions(found, detail.CANDIDATE32).axes
    levels = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert np.isnan(levels[:, 0]).all()
    assert levels[:, 1] == pytest.approx([-3, -5])
    (cross,) = axes.lines
    assert np.asarray(cross.get_xydata()).tolist() == [[0, 2.5]]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("batch", "unit")


def test_a_map_of_no_errors_is_empty():
    figure = pictures.positions(positions(np.zeros((1, 3)), ("", "a\nb")), detail.CANDIDATE32)
    assert figure.axes[0].get_xlabel() == "a b"
    assert not figure.axes[0].lines
    assert draw(figure)
