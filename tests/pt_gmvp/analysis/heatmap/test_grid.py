"""Maps, parts of them, orders of amino acids and ranges of colours."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.residues import AMINO_ACIDS
from pt_gmvp.analysis.heatmap.colors import SCALES, Colors, parse_range
from pt_gmvp.analysis.heatmap.grid import parse_region
from pt_gmvp.analysis.heatmap.layout import lay_out
from pt_gmvp.analysis.heatmap.order import CHEMISTRY, order_of


def test_a_part_keeps_its_numbers(pten_map):
    part = pten_map.cut((100, 120))
    assert (part.first, part.last, part.length) == (100, 120, 21)
    assert part.protein == pten_map.protein[99:120]
    assert np.array_equal(part.scores, pten_map.scores[:, 99:120])
    assert pten_map.cut(None) is pten_map
    for region in ((400, 404), (0, 3)):
        with pytest.raises(InputError, match="has positions 1 to 403"):
            pten_map.cut(region)


@pytest.mark.parametrize("text", ["", "5", "5-4", "0-4", "a-b", "-5", "5-"])
def test_what_is_no_region(text):
    with pytest.raises(InputError, match="expected for example 100-200"):
        parse_region(text)


def test_orders():
    assert parse_region(" 5-5 ") == (5, 5)
    assert order_of("chemistry") is CHEMISTRY
    for text in ("chemistry", "alphabet", "hydropathy", AMINO_ACIDS[::-1], AMINO_ACIDS.lower()):
        assert sorted(order_of(text).letters) == sorted(AMINO_ACIDS)
    assert order_of(AMINO_ACIDS[::-1]).letters == AMINO_ACIDS[::-1]
    for text in ("size", AMINO_ACIDS[:-1], AMINO_ACIDS[:-1] + "A"):
        with pytest.raises(InputError, match="expected chemistry, alphabet, hydropathy"):
            order_of(text)


def test_ranges_and_scales():
    assert parse_range("0.2,0.8") == (0.2, 0.8)
    for text in ("", "1,0", "0.5", "0,2", "a,b", "nan,1", "0,0.5,1"):
        with pytest.raises(InputError, match="expected two scores such as"):
            parse_range(text)
    for scale in SCALES:
        assert len(set(Colors(scale).steps())) > 200


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
