"""Cells in every notation, from strings and from bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.variants import columns
from converters.variants.changes import SubstitutionError, parse_substitution
from tests.converters.variants.test_byte_columns import column

CHANGES = st.sampled_from(
    ["R130Q", "p.Arg130Gln", "p.(Arg130Gln)", "Arg130Gln", "p.R130Q", "r130q", "R130*", "R130",
     "p.Arg130Ter", "p.Arg130=", "R0Q", "X5A", "p.(Arg130Gln", "ArgQ", "", "130_R_Q", "p.R1é"]
)  # fmt: skip


@given(st.lists(CHANGES, max_size=60), st.sampled_from([list, column]))
def test_a_column_of_changes_is_each_change(cells, make):
    found = columns.changes(make(cells))
    for at, cell in enumerate(cells):
        wanted = _parsed(cell)
        if isinstance(wanted, SubstitutionError):
            assert (found.position[at], found.errors[at].kind) == (0, wanted.kind)
        else:
            position, ref, alt = wanted
            assert (found.position[at], found.ref[at], found.alt[at]) == (
                position, ord(ref), ord(alt),
            )  # fmt: skip


def _parsed(cell):
    try:
        return parse_substitution(cell)
    except SubstitutionError as error:
        return error


@pytest.mark.parametrize("make", [list, column])
def test_positions_and_residues(make):
    cells = ["130", " 7", "7.0", "0", "x", "", "1e3", "-1", "1" * 12, "٣"]
    assert columns.positions(make(cells)).tolist() == [130, 7, 7, 0, 0, 0, 0, 0, 0, 0]
    cells = ["R", "r", "Arg", "ARG ", "*", "Ter", "-", "U", "Sec", "Foo", "", "ı"]
    letters = [chr(code) if code else "" for code in columns.residues(make(cells)).tolist()]
    assert letters == ["R", "R", "R", "R", "*", "*", "-", "U", "U", "", "", ""]
    assert columns.is_amino_acid(np.frombuffer(b"RU*", np.uint8)).tolist() == [True, False, False]


def test_some_cells():
    for make in (list, column):
        cells = make(["a", "b", "c"])
        assert columns.take(cells, np.arange(3)) is cells
        assert list(columns.take(cells, np.array([2, 0]))) == ["c", "a"]
        assert columns.mapped({"a": 1, "b": 2, "c": 3}, cells, np.int32).tolist() == [1, 2, 3]


def test_a_cache_forgets_before_it_is_too_large(monkeypatch):
    monkeypatch.setattr(columns, "_MOST", 10)
    cache = columns.Cache(len)
    assert [cache["x" * n] for n in range(100)] == list(range(100))
    assert len(cache) <= 10


@pytest.mark.parametrize("make", [list, column])
def test_cells_that_a_spreadsheet_or_a_terminal_would_obey(make):
    cells = ["=1+1", "+a", "-a", "@a", "a\x1b[2J", "a=1", "", "a-b", "\x7f"]
    unsafe = [True, True, True, True, True, False, False, False, True]
    assert columns.are_unsafe(make(cells)).tolist() == unsafe
