"""Rows and pictures of the page of a check."""

import re
from dataclasses import replace

import numpy as np
import pytest

from parity.checking import detail
from parity.checking.case_result import CaseResult
from parity.checking.detail import Positions
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.judging.verdict import OutputResult, Verdict
from parity.report import page, pictures
from parity.report.checked import Checked
from parity.report.svg import drawing


def output(name, double, verdict=Verdict.EQUIVALENT):
    return OutputResult(
        name, verdict, "", (2,), (2,), "float32", "float32", 1.0, 1e-7, double, 1e-7, 1e-7, 2
    )


def results_of(whole=True):
    """A layer a, then b, in cascade; b's isolated case and, perhaps, the whole model's."""
    a, b, c = output("a", 1e-16), output("b", 1e-3, Verdict.DIFFERENT), output("c", 1e-2)
    cases = [
        CaseResult("one", "x", "cascade", "in", Verdict.EQUIVALENT, (a,)),
        CaseResult("two", "x", "isolated", "in", Verdict.DIFFERENT, (replace(b, name="out"),)),
        CaseResult("two", "x", "cascade", "in", Verdict.DIFFERENT, (b, c)),
    ]
    if whole:
        outputs = (replace(a, name="inner"), a, b, c, output("grad/input/x", 1e-3))
        cases.append(CaseResult("all", "x", "isolated", "in", Verdict.DIFFERENT, outputs))
    return Checked("toy", {}, InputSet("in", {}), Selection(), tuple(cases), (), 1.0)


@pytest.mark.parametrize(
    ("whole", "names"), [(True, ["inner", "a", "b", "c"]), (False, ["a", "b", "c"])]
)
def test_errors_grow_through_the_intermediates_in_the_order_run(whole, names):
    (picture,) = page.intermediates(results_of(whole), page.Gallery())
    texts = re.findall(r"<text style=\"([^\"]*)\"[^>]*>([^<]*)</text>", picture.svg)
    shown = [text for _, text in texts if text in ("inner", "a", "b", "c", "out", "grad/input/x")]
    assert shown == names
    failing = [text for style, text in texts if "var(--fail)" in style]
    assert failing == ["b"]


def test_marks_of_a_line_stand_where_the_errors_are():
    (row,) = page.rows([page.Case("k", results_of().results[0], None, ())])
    places = dict(row.strip)
    assert places["double"] == pytest.approx(100 * 2 / 18, abs=0.1)
    assert places["candidate"] == places["reference"] == pytest.approx(100 * 11 / 18, abs=0.1)
    assert places["double"] < places["logic"] < places["candidate"] < places["rounding"]


def positions(float32, float64):
    maps = {detail.CANDIDATE32: np.array(float32), detail.BETWEEN64: np.array(float64)}
    return Positions((0, 1), ("a", "b"), (1, 2), maps)


def test_a_gallery_holds_each_picture_once_and_names_what_else_it_stands_for():
    gallery = page.Gallery()
    one, other = positions([[0.0, 1.0]], [[1.0, 0.0]]), positions([[0.5, 1.0]], [[1.0, 0.0]])
    with drawing():
        figures = [pictures.positions(found, detail.CANDIDATE32) for found in (one, one, other)]
        added = [gallery.add(f, "caption", name) for f, name in zip(figures, "xyz", strict=True)]
    assert [new for _, new in added] == [True, False, True]
    assert added[0][0] is added[1][0]
    assert added[0][0].also == ["y"]
    assert (added[2][0].key, added[2][0].also) == ("picture-2", [])


@pytest.mark.parametrize(
    ("float64", "captions"),
    [
        ([[0.0, 1.001]], ["largest error by position, the same in float32 and float64."]),
        (
            [[0.0, 1.1]],
            ["largest error in float32, by position.", "largest error in float64, by position."],
        ),
        ([[0.0, 0.0]], ["largest error in float32, by position."]),
    ],
)
def test_maps_that_look_the_same_are_one_picture(float64, captions):
    empty = detail.Magnitudes({}, {})
    found = detail.Detail(empty, positions([[0.0, 1.0]], float64))
    with drawing():
        drawn = list(page._of_output(output("y", 1.0), found))
    assert [caption for _, caption in drawn][1:] == captions
