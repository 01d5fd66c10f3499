"""Ranges and scales of colours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.analysis.heatmap.colors import SCALES, Colors, parse_range


def test_ranges_and_scales():
    assert parse_range("0.2,0.8") == (0.2, 0.8)
    for text in ("", "1,0", "0.5", "0,2", "a,b", "nan,1", "0,0.5,1"):
        with pytest.raises(InputError, match="expected two scores such as"):
            parse_range(text)
    for scale in SCALES:
        assert len(set(Colors(scale).steps())) > 200


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_range_is_two_scores_the_lower_first(low, high):
    text = f"{low!r},{high!r}"
    if low < high:
        assert parse_range(text) == (low, high)
    else:
        with pytest.raises(InputError, match="the lower first"):
            parse_range(text)


def test_scores_beyond_the_ends_have_the_colours_of_the_ends():
    mapping = Colors(low=0.2, high=0.8).mapping()
    for beyond, end in ((0.0, 0.2), (1.0, 0.8)):
        assert mapping.to_rgba(beyond) == mapping.to_rgba(end)
    assert mapping.to_rgba(0.2) != mapping.to_rgba(0.8)


@pytest.mark.parametrize("scale", SCALES)
def test_the_steps_are_those_of_the_picture(scale):
    from matplotlib.colors import to_hex

    colors = Colors(scale)
    steps = colors.steps()
    assert len(steps) == 256
    assert steps[0] == to_hex(colors.mapping().to_rgba(0.0))
    assert steps[-1] == to_hex(colors.mapping().to_rgba(1.0))
