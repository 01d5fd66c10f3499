"""Lines split at delimiters, with quotes."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.variants.byte_columns import PADDING, ByteColumn
from converters.variants.cells import split_line, split_lines
from converters.variants.lines import Lines


def _lines(texts):
    data = "".join(text + "\n" for text in texts).encode() + bytes(PADDING)
    return Lines(data, np.arange(1, len(texts) + 1))


@given(st.lists(st.lists(st.text('ab", ;é', max_size=5), min_size=3, max_size=3), min_size=1))
def test_what_csv_writes_is_read_back(rows):
    texts = io.StringIO()
    csv.writer(texts, lineterminator="\n").writerows(rows)
    lines = _lines(texts.getvalue().splitlines())
    columns = split_lines("t.csv", lines, ",", 3, [2, 0])
    assert [list(column) for column in columns] == [[row[at] for row in rows] for at in (2, 0)]


def test_regular_lines_are_not_made_into_strings():
    assert isinstance(split_lines("t", _lines(["a\tb", "c\td"]), "\t", 2, [0])[0], ByteColumn)
    assert isinstance(split_lines("t", _lines(['"a"\t"b"']), "\t", 2, [0])[0], ByteColumn)
    assert isinstance(split_lines("t", _lines(['a"\tb']), "\t", 2, [0])[0], tuple)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('a,"b,c",d', ["a", "b,c", "d"]),
        ('"a ""b""",c', ['a "b"', "c"]),
        ('"hot" spot,c', ['"hot" spot', "c"]),
        ('a 5" gap,c', ['a 5" gap', "c"]),
        ('"",', ["", ""]),
    ],
)
def test_quotes(line, fields):
    assert split_line("t", line, 1, ",") == fields


def test_structure_errors():
    with pytest.raises(InputError, match="t, line 3: the quote of field 2 is not closed"):
        split_line("t", 'a,"b', 3, ",")
    for delimiter, texts, said in (
        ("\t", ["a\tb", "c"], "t, line 2: 1 fields; expected 2"),
        ("\t", ['a\t"b"', "c"], "t, line 2: 1 fields; expected 2"),
        (None, ["a b", "c d e"], "t, line 2: 3 fields; expected transcript"),
    ):
        with pytest.raises(InputError, match=said):
            split_lines("t", _lines(texts), delimiter, 2, [0])
    with pytest.raises(InputError, match="line 1: 3 fields"):
        split_lines("t", _lines(["a\tb\tc"]), "\t", 2, [0])
