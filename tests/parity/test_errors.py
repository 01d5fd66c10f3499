"""Errors of others in one line: what was wrong, not where Keras was called."""

import pytest

from parity.errors import describe


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "ValueError: no message"),
        ("\n  first \nsecond", "ValueError: first"),
        ("{{function_node __wrapped__MatMul}} sizes differ", "ValueError: sizes differ"),
        (
            "Exception encountered when calling layer 'a'.\n\nshapes differ\n\nCall arguments",
            "ValueError: shapes differ",
        ),
        (
            "Exception encountered when calling A.call().\n\n\x1b[1mshapes differ\x1b[0m",
            "ValueError: shapes differ",
        ),
        (
            "Exception encountered when calling A",
            "ValueError: Exception encountered when calling A",
        ),
    ],
)
def test_the_telling_line(text, line):
    assert describe(ValueError(text)) == line
