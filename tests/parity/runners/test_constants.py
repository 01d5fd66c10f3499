"""The line that states a constant is the user's own, not a framework's."""

import numpy as np

from parity.runners.constants import user_line


def test_the_innermost_line_of_the_user_is_named():
    found = np.apply_along_axis(lambda row: [user_line()], 0, np.zeros(1, object))
    assert found[0].startswith("test_constants.py:")
