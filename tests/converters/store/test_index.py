"""The index of a store: written and read back, and refused where it is inconsistent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.store.index import (
    Index,
    RecordFile,
    RowFile,
    Source,
    read_index,
    record_name,
    row_name,
    write_index,
)
from converters.store.reader import Store
from converters.store.tensors import DTYPES, StoreError


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("version", 2, "version 2, but this program reads 1"),
        ("format", "x", "format is 'x'"),
        ("rows", 1 << 50, "a count is not a whole number"),
        ("rows", 541, "out of order"),
        ("window", 128, "window 128"),
        ("records", 11, "11 records are not the sum over its files"),
        ("row_files", None, "not a readable index"),
        ("sources", [{}], "not a readable index"),
    ],
)
def test_an_index_that_does_not_agree_is_refused(made, reindex, key, value, problem):
    reindex(made, lambda content: content.update({key: value}))
    with pytest.raises(StoreError, match=problem):
        Store.open(made)


SMALL = Index(
    window=3,
    records=2,
    rows=5,
    rows_a_file=4,
    row_files=[RowFile(row_name(0), 7104, "0" * 8, 4), RowFile(row_name(1), 1868, "1" * 8, 1)],
    record_files=[RecordFile(record_name(0), 900, "2" * 8, 2, 2, 1, 4)],
    sources=[Source("a.tfrec", 1000, "3" * 8, 2, 0)],
)


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            Source,
            st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
            st.integers(0, 1 << 39),
            st.text("0123456789abcdef", min_size=8, max_size=8),
            st.integers(0, 99),
            st.integers(0, 99),
        ),
        max_size=4,
    )
)
def test_an_index_comes_back(tmp_path_factory, sources):
    folder = tmp_path_factory.mktemp("index")
    written = SMALL._replace(sources=sources)
    write_index(folder, written)
    assert read_index(folder) == written


def test_any_changed_byte_of_the_index_is_refused(tmp_path):
    write_index(tmp_path, SMALL)
    whole = (tmp_path / "index.json").read_bytes()
    for place in range(0, len(whole), 7):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        (tmp_path / "index.json").write_bytes(changed)
        with pytest.raises(StoreError, match=r"index\.json: "):
            read_index(tmp_path)


def test_a_folder_without_an_index_is_not_a_store(tmp_path):
    with pytest.raises(StoreError, match=r"contains no index\.json; expected a tensor store"):
        read_index(tmp_path)
    with pytest.raises(StoreError, match="missing: is not a folder; expected a tensor store"):
        read_index(tmp_path / "missing")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"row_files": SMALL.row_files[::-1]}, "rows-00001.* with 1 rows is out of order"),
        ({"rows": 6}, "with 1 rows is out of order|not the sum over its files"),
        ({"row_files": SMALL.row_files[:1]}, "5 rows are not the sum over its files"),
        ({"records": 0, "record_files": []}, "0 records are not the sum over its files"),
        ({"sources": [SMALL.sources[0]._replace(records=-1)]}, "a count is not a whole number"),
        ({"sources": [SMALL.sources[0]._replace(records=True)]}, "a count is not a whole number"),
        ({"sources": [Source(**{**SMALL.sources[0]._asdict(), "name": 3})]}, "a name is not text"),
    ],
)
def test_an_inconsistent_index_is_refused_with_a_right_checksum(tmp_path, change, problem):
    write_index(tmp_path, SMALL._replace(**change))
    with pytest.raises(StoreError, match=problem):
        read_index(tmp_path)


def test_layouts_have_the_sizes_of_the_files_and_wide_types_first():
    rows = SMALL.row_files[0].layouts()["rows"]
    assert rows.size == 4 * 435 * 4
    sizes = [DTYPES[each.dtype][-1] for each in SMALL.record_files[0].layouts(3).values()]
    assert sizes == sorted(sizes, reverse=True)
