"""Strategies for fuzz cases: they stay within the target, and shrink to something simple."""

from random import Random

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings

from parity.declaring.domains import Domain
from parity.declaring.trace import Task
from parity.fuzz.cases import Edit, FuzzCase, Padding
from parity.fuzz.strategies import MOST_EDITS, cases
from parity.fuzz.target import MOST_ROWS, FuzzTarget

X = Domain("x", -5, 5)
MASK = Domain("mask", 0, 1, integer=True, outside=1)
TARGET = FuzzTarget(
    Task({}, {"x": np.ones((3, 8), "f4"), "mask": np.zeros((3, 8), "f4")}, {}, (), (), 1),
    {"x": 0, "mask": 0},
    3,
    (X, MASK),
)
SETTINGS = settings(
    max_examples=2000, database=None, deadline=None, phases=(Phase.generate, Phase.shrink)
)


@given(case=cases(TARGET))
def test_rows_and_edits_stay_within_the_target(case):
    assert 1 <= len(case.rows) <= MOST_ROWS
    assert set(case.rows) <= {0, 1, 2}
    assert len(case.edits) <= MOST_EDITS
    assert case.weights_seed == 0  # the target has no weights
    for edit in case.edits:
        row = edit.row if isinstance(edit, Padding) else edit.region.row
        assert row is None or row < len(case.rows)
        assert row is None or len(case.rows) > 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (lambda case: True, FuzzCase((0,))),
        (lambda case: len(case.rows) > 1, FuzzCase((0, 0))),
        (
            lambda case: any(isinstance(edit, Edit) and edit.domain is MASK for edit in case.edits),
            "mask = 0 everywhere",
        ),
        (
            lambda case: any(isinstance(edit, Padding) for edit in case.edits),
            "padding at the first 0 and last 0 positions",
        ),
    ],
)
def test_the_smallest_case_is_simple(wanted, expected):
    found = find(cases(TARGET), wanted, settings=SETTINGS, random=Random(1))
    if isinstance(expected, FuzzCase):
        assert found == expected
    else:
        assert found.rows == (0,)
        assert list(map(str, found.edits)) == [expected]
