"""Panels of a picture."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.analysis.heatmap.layout import GAP, ROW, lay_out
from pt_gmvp.analysis.heatmap.order import CHEMISTRY


@given(st.integers(1, 3000))
def test_panels_hold_every_position_once(length):
    placed = lay_out(length, CHEMISTRY)
    held = [p for panel in placed.panels for p in range(panel.start, panel.start + panel.columns)]
    assert held == list(range(length))
    assert all(panel.columns <= 150 for panel in placed.panels)
    assert placed.width < 14
    tops = [panel.top for panel in placed.panels]
    assert all(b - a > placed.map_height for a, b in pairwise(tops))
    assert tops[-1] + placed.map_height < placed.height


def test_rows_of_a_group_are_adjacent_and_groups_are_apart():
    placed = lay_out(10, CHEMISTRY)
    steps = [after - before for before, after in pairwise(placed.rows)]
    ends, count = set(), 0
    for group in CHEMISTRY.groups[:-1]:
        count += len(group.letters)
        ends.add(count - 1)
    for number, step in enumerate(steps):
        assert step == pytest.approx(ROW + GAP if number in ends else ROW)
    assert placed.map_height == placed.rows[-1] + ROW


@pytest.mark.parametrize(("length", "panels"), [(1, 1), (150, 1), (151, 2), (403, 3)])
def test_a_panel_has_150_positions_at_most(length, panels):
    placed = lay_out(length, CHEMISTRY)
    assert len(placed.panels) == panels
    assert placed.panels[0].start == 0
