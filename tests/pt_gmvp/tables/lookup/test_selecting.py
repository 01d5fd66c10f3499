"""Rows are chosen by the same rule as by comparing the texts of each row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.tables.lookup.selecting import Selector
from pt_gmvp.tables.tabix import DamagedError

COLUMNS = ("chrom", "pos", "transcript_id", "x", "protein_position")
CHROMS = st.sampled_from(["1", "10", "chr1"])
NAMES = st.sampled_from(["ENST1", "ENST1.2", "ENST10", "é"])
NUMBERS = st.integers(1, 12)
ROWS = st.lists(
    st.tuples(CHROMS, NUMBERS, NAMES, st.sampled_from(["", "y z"]), NUMBERS), max_size=9
)
KEYS = st.lists(
    st.one_of(
        st.tuples(CHROMS, NAMES, NUMBERS.map(str)), st.tuples(CHROMS, st.just(""), NUMBERS.map(str))
    ),
    min_size=1,
)


def text(rows) -> bytes:
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


@given(ROWS, KEYS, CHROMS, NUMBERS, NUMBERS)
def test_the_same_rows_as_one_by_one(rows, keys, chrom, first, last):
    wanted = [
        [str(cell) for cell in row]
        for row in rows
        if row[0] == chrom
        and first <= row[1] <= last
        and {(chrom, row[2], str(row[4])), (chrom, "", str(row[1]))} & set(keys)
    ]
    assert list(Selector(keys, COLUMNS).rows(text(rows), chrom, first, last)) == wanted


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"1\t5\tENST1\t\t3\n1\t5\tENST1\n", "a row has 3 columns"),
        (b"10\t5\tENST1\n", "a row has 3 columns"),
        (b"1\tfive\tENST1\t\t3\n", "position 'five' is not a number"),
        (b"1\t\tENST1\t\t3\n", "position '' is not a number"),
    ],
)
def test_lines_that_are_no_rows(data, said):
    with pytest.raises(DamagedError, match=said):
        list(Selector([("1", "ENST1", "3")], COLUMNS).rows(data, "1", 1, 9))


def test_another_chromosome_may_share_the_lines():
    data = b"1\t5\tENST1\t\t3\nX\tfive\tENST1\t\t3\n"
    selector = Selector([("1", "ENST1", "3")], COLUMNS)
    assert list(selector.rows(data, "1", 1, 9)) == [["1", "5", "ENST1", "", "3"]]
    assert not list(selector.rows(b"", "1", 1, 9))
