"""Conversion of TFRecord files to a store: their order, and an account of what was skipped."""

import numpy as np
import pytest

from converters.errors import InputError
from converters.records.tf_example import encode_example
from converters.records.tfrecord import RecordError, write_frames
from converters.records.variant_record import VariantRecord, encode_record, write_records
from converters.store import conversion
from converters.store.conversion import convert
from converters.store.index import read_index
from converters.store.reader import Store
from converters.store.tensors import checksum


def record(name):
    return VariantRecord(name, 1, 2, 3, np.ones((3, 435), np.float32), np.zeros(3, np.float32))


def example(**extra):
    """A variant record with further features."""
    one = record("x")
    values = {"label": 1, "ref_aa": 2, "alt_aa": 3, "feature": one.feature.tobytes()}
    return encode_example({**values, "mask": one.mask.tobytes(), "var_id": b"x", **extra})


@pytest.fixture
def files(tmp_path):
    """Two files, of two records and of one."""
    write_records(tmp_path / "b.tfrec", [record("b1"), record("b2")])
    write_records(tmp_path / "a.tfrec", [record("a1")])
    return [tmp_path / "b.tfrec", tmp_path / "a.tfrec"]


def damage(path, at=-20):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_files_are_read_in_the_order_given(files, tmp_path):
    account = convert(files, tmp_path / "s", window=3)
    with Store.open(tmp_path / "s") as store:
        assert store.ids() == ["b1", "b2", "a1"]
    assert (account.summary.records, account.summary.rows) == (3, 1)
    assert [(s.name, s.records, s.left_out) for s in account.sources] == [
        ("b.tfrec", 2, 0),
        ("a.tfrec", 1, 0),
    ]
    assert [s.crc32c for s in account.sources] == [checksum(path) for path in files]
    assert read_index(tmp_path / "s").sources == account.sources
    assert (account.left_out, account.extra) == ([], {})


def test_damaged_records_are_refused_or_skipped_and_counted(files, tmp_path):
    damage(files[0])
    with pytest.raises(RecordError, match=r"b\.tfrec, record 1 at byte"):
        convert(files, tmp_path / "s", window=3)
    assert not (tmp_path / "s").exists()
    account = convert(files, tmp_path / "s", window=3, skip_corrupt=True)
    assert [(s.records, s.left_out) for s in account.sources] == [(1, 1), (1, 0)]
    (left_out,) = account.left_out
    assert (left_out.path, left_out.number) == (str(files[0]), 1)


def test_too_many_damaged_records_end_the_conversion(files, tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "_LISTED", 0)
    damage(files[0])
    with pytest.raises(RecordError, match=r"b\.tfrec: more than 0 damaged records; not converted"):
        convert(files, tmp_path / "s", window=3, skip_corrupt=True)


def test_extra_features_are_refused_or_dropped_and_counted(tmp_path):
    path = tmp_path / "extra.tfrec"
    write_frames(path, [encode_record(record("x")), example(weight=1), example(weight=2, note=b"")])
    with pytest.raises(RecordError, match=r"extra\.tfrec, record 1 .*has extra features weight"):
        convert([path], tmp_path / "s", window=3)
    account = convert([path], tmp_path / "s", window=3, drop_extra=True)
    assert account.summary.records == 3
    assert account.extra == {"weight": 2, "note": 1}


def test_another_window_is_refused(files, tmp_path):
    with pytest.raises(RecordError, match=r"record 0 at byte 0: mask has 12 bytes, expected 20"):
        convert(files, tmp_path / "s", window=5)


def test_an_existing_store_is_replaced_only_by_force(files, tmp_path):
    convert(files, tmp_path / "s", window=3)
    with pytest.raises(InputError, match="give --force"):
        convert(files[1:], tmp_path / "s", window=3)
    assert convert(files[1:], tmp_path / "s", window=3, force=True).summary.records == 1


def test_progress_is_reported_in_bytes(files, tmp_path):
    read = []
    convert(files, tmp_path / "s", window=3, on_bytes=read.append)
    assert sum(read) == sum(path.stat().st_size for path in files)
