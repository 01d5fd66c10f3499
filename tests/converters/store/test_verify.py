"""Verification of a store against its checksums and its sources."""

import numpy as np
import pytest

from converters.records.variant_record import (
    VariantRecord,
    read_records,
    write_records,
)
from converters.store import writer
from converters.store.index import Source
from converters.store.rows import Rows
from converters.store.tensors import StoreError
from converters.store.verify import difference, verify
from converters.store.writer import write_store


def test_planted_mistakes_are_caught(made, shipped_records, tmp_path):
    proof = verify(made, [shipped_records])
    assert proof.compared == [shipped_records]
    whole = list(read_records(shipped_records))
    others = {
        "record 0: var_id": [whole[1], whole[0], *whole[2:]],
        "has more": whole[:-1],
        "name all of them": [*whole, whole[0]],
    }
    swapped = whole[2].feature[[1, 0, *range(2, 129)]]
    others["record 2: feature"] = [*whole[:2], whole[2]._replace(feature=swapped), *whole[3:]]
    for problem, planted in others.items():
        write_store(tmp_path / "bad", planted, force=True)
        with pytest.raises(StoreError, match=problem):
            verify(tmp_path / "bad", [shipped_records])


@pytest.fixture
def pair():
    """Two records of three rows each, all of them distinct."""
    rows = np.arange(6 * 435, dtype=np.float32).reshape(2, 3, 435)
    return [VariantRecord(f"v{n}", n, 1, 2, rows[n], np.zeros(3, np.float32)) for n in (0, 1)]


def test_the_first_differing_field_is_named(pair):
    record = pair[0]
    assert difference(record, record._replace(feature=record.feature.copy())) is None
    assert difference(record, record._replace(label=None)) == "label"
    negative = np.full(3, -0.0, np.float32)
    assert difference(record, record._replace(mask=negative)) == "mask"  # equal, other bits
    nan = record._replace(feature=np.full((3, 435), np.nan, np.float32))
    assert difference(nan, nan._replace(feature=nan.feature.copy())) is None


def test_sources_are_looked_for_beside_the_store(pair, tmp_path):
    write_records(tmp_path / "a.tfrec", pair)
    source = Source("a.tfrec", (tmp_path / "a.tfrec").stat().st_size, "", 2, 0)
    write_store(tmp_path / "s", pair, sources=[source])
    found = verify(tmp_path / "s")
    assert (found.rows, found.records) == (6, 2)
    assert [path.name for path in found.compared] == ["a.tfrec"]
    (tmp_path / "a.tfrec").unlink()
    found = verify(tmp_path / "s")
    assert (found.compared, found.missing) == ([], [source])
    with pytest.raises(StoreError, match="was made from 1 files, but 2 are given"):
        verify(tmp_path / "s", [tmp_path / "a", tmp_path / "b"])


def test_a_source_with_another_number_of_records_is_refused(pair, tmp_path):
    write_records(tmp_path / "a.tfrec", pair)
    write_store(tmp_path / "s", pair, sources=[Source("a.tfrec", 0, "", 3, 0)])
    with pytest.raises(StoreError, match=r"a\.tfrec: contains 2 records, .* made from 3 of them"):
        verify(tmp_path / "s")


class _Repeating(Rows):
    """A planted bug: every row is written anew."""

    def ids(self, feature):
        self._slots.clear()
        self._table.execute("DELETE FROM seen")
        return super().ids(feature)


def test_a_row_that_is_stored_twice_is_named(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "Rows", _Repeating)
    write_store(tmp_path / "s", [pair[0], pair[1]._replace(feature=pair[0].feature[::-1].copy())])
    with pytest.raises(StoreError, match=r"rows \d and \d are equal"):
        verify(tmp_path / "s")


class _Spare(Rows):
    """A planted bug: one row more than the records need."""

    def finish(self):
        self.ids(np.full((1, 435), 7, np.float32))
        super().finish()


def test_a_row_that_no_record_uses_is_named(pair, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "Rows", _Spare)
    write_store(tmp_path / "s", pair)
    with pytest.raises(StoreError, match="row 6 is not used by any record"):
        verify(tmp_path / "s")
