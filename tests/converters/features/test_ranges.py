"""Ranges of the matrix' columns."""

import numpy as np
import pytest

from converters.columns import FEATURE_COLUMNS
from converters.errors import InputError
from converters.features.ranges import RANGES, check_ranges
from converters.pickles import load_array


def test_every_column_has_exactly_one_range():
    columns = [column for span in RANGES for column in range(span.first, span.stop)]
    assert columns == list(range(FEATURE_COLUMNS))


@pytest.mark.parametrize("span", RANGES, ids=lambda span: span.what)
def test_a_block_is_checked_by_the_columns_it_is_of(span):
    good = np.full((3, span.stop - span.first), span.high, np.float64)
    check_ranges(good, "f", span.first)
    good[:] = span.low
    check_ranges(good, "f", span.first)
    for wrong in (span.high * 1.01 + 0.01, span.low - 0.02, 1e30):
        bad = good.copy()
        bad[1, -1] = wrong
        column = bad.shape[1] - 1
        with pytest.raises(InputError, match=f"f: row 1, column {column} is .*{span.what}"):
            check_ranges(bad, "f", span.first)


@pytest.mark.parametrize("name", ["golden", "real"])
def test_the_original_s_matrices_are_within(request, name):
    """The ranges are wide enough for what the original made, of simulated and of real files."""
    path = next(request.getfixturevalue(name).rglob("combined/ENST00000371953.pickle"))
    check_ranges(load_array(path), path)
