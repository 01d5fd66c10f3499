"""What is read from bytes is what is read from strings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.variants.byte_columns import PADDING, ByteColumn
from converters.variants.columns import position_of, residue_of

CELLS = st.lists(
    st.text(" 0129ATp.()*:é", max_size=12) | st.sampled_from(["130", "Arg", "R" * 70]), max_size=30
)


def column(cells):
    encoded = [cell.encode() for cell in cells]
    lengths = np.array([len(cell) for cell in encoded], np.int64)
    starts = np.cumsum(lengths + 1) - lengths - 1
    return ByteColumn(b"|".join(encoded) + b"|" + bytes(PADDING), starts, starts + lengths)


@given(CELLS)
def test_cells_and_distinct_cells(cells):
    found = column(cells)
    assert list(found) == cells
    assert found[1:3] == cells[1:3]
    distinct = found.distinct()
    if distinct is None:
        assert not cells or max(map(len, cells)) > 15
        return
    texts, which = distinct
    assert len(set(texts)) == len(texts)
    assert [texts[at] for at in which] == cells


def test_many_distinct_cells_share_buckets():
    cells = [f"ENST{n:011d}" for n in range(30_000)] * 2
    texts, which = column(cells).distinct()
    assert len(texts) == 30_000
    assert [texts[at] for at in which] == cells


@given(CELLS)
def test_digits_and_letters(cells):
    found = column(cells)
    for cell, digits, one, three in zip(
        cells, found.digits(), found.letters(1), found.letters(3), strict=True
    ):
        assert digits in (0, position_of(cell))
        if len(cell) == 1 and cell.isascii():
            assert one == residue_of(cell) or not residue_of(cell)
        if len(cell.encode()) == 3:
            assert three in (0, residue_of(cell))


@given(CELLS)
def test_parts(cells):
    of, parts = column(cells).split(b":")
    wanted = [(at, part) for at, cell in enumerate(cells) for part in cell.split(":")]
    assert list(zip(of.tolist(), parts, strict=True)) == wanted


def test_beginnings_and_ends():
    found = column(["p.Arg130Gln", "p.(R1Q)", "p", ""])
    assert found.starts_with(b"p.").tolist() == [True, True, False, False]
    assert found.ends_with(b")").tolist() == [False, True, False, False]
    assert found.take(np.array([1])).digits(4, 2).tolist() == [1]


@pytest.mark.parametrize(("text", "number"), [("999999999", 999_999_999), ("9999999999", 0)])
def test_long_numbers(text, number):
    assert column([text]).digits().tolist() == [number]
