"""Maps and parts of them."""

import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.analysis.heatmap.grid import parse_region


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


def test_a_region_of_one_position():
    assert parse_region(" 5-5 ") == (5, 5)
