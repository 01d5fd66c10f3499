"""The line that states a constant is the user's own, not a framework's."""

from functools import cached_property
from typing import Any

import numpy as np

from parity.runners.constants import user_line


def test_the_innermost_line_of_the_user_is_named():
    found = np.apply_along_axis(lambda row: [user_line()], 0, np.zeros(1, object))
    assert found[0].startswith("test_constants.py:")


def test_lines_of_the_standard_library_are_not_the_users():
    framework: dict[str, Any] = {"__name__": "keras.layers", "user_line": user_line}
    exec("def line(self):\n    return user_line()", framework)

    class Lazy:
        line = cached_property(framework["line"])

    assert Lazy().line.startswith("test_constants.py:")
