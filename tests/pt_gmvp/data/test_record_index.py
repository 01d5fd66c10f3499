import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.records.tfrecord import RecordError, masked_crc32c, write_frames
from pt_gmvp.data import RecordDataset
from pt_gmvp.data.record_index import TAIL, Place, RecordIndex, check_size, check_sum


def payload_of(index, number):
    file, place = index.located(number)
    return os.pread(file, place.size, place.offset + 12)


@settings(max_examples=20)
@given(st.lists(st.lists(st.binary(max_size=40), max_size=4), max_size=4))
def test_every_record_is_located(tmp_path_factory, payloads):
    folder = tmp_path_factory.mktemp("index")
    paths = [folder / str(number) for number in range(len(payloads))]
    for path, of_file in zip(paths, payloads, strict=True):
        write_frames(path, of_file)
    index = RecordIndex(paths)
    every = [(path, n, payload) for path, some in zip(paths, payloads, strict=True)
             for n, payload in enumerate(some)]  # fmt: skip
    assert len(index) == len(every)
    for number, (path, in_file, payload) in enumerate(every):
        _, place = index.located(number)
        assert (place.file, place.number, place.size) == (str(path), in_file, len(payload))
        assert payload_of(index, number) == payload


def test_a_pickled_index_reopens_its_files(tmp_path):
    write_frames(tmp_path / "f", [b"one", b"two"])
    index = RecordIndex([tmp_path / "f"])
    assert payload_of(index, 0) == b"one"
    copied = pickle.loads(pickle.dumps(index))
    del index
    assert payload_of(copied, 1) == b"two"


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        RecordIndex([tmp_path / "none"])


def test_a_payload_is_checked_by_its_size_and_its_sum():
    place = Place("f", 3, 100, 4)
    assert str(place) == "f, record 3 at byte 100"
    assert place.stop == 100 + 12 + 4 + 4
    check_size(place, whole=True)
    with pytest.raises(
        RecordError, match=r"^f, record 3 at byte 100: the file was truncated while in use"
    ):
        check_size(place, whole=False)
    tail = TAIL.pack(masked_crc32c(b"abcd"))
    check_sum(place, tail, b"abcd")
    check_sum(place, tail, np.frombuffer(b"ab", np.uint8), b"cd")
    with pytest.raises(RecordError, match=r"^f, record 3 at byte 100: the payload does not match"):
        check_sum(place, tail, b"abce")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda whole: whole[:-10], "the file is truncated"),
        (lambda whole: whole + b"12345", "5 bytes are left"),
        (lambda whole: b"no record file at all", "expected a TFRecord file"),
        (lambda whole: b"\x1f\x8b" + whole, "gzip-compressed"),
        (lambda whole: b"\xff" * 12 + whole, "does not match its checksum"),
    ],
)
def test_files_refused_by_their_heads(change, message, files, tmp_path):
    path = tmp_path / "wrong.tfrec"
    path.write_bytes(change(files[2].read_bytes()))
    with pytest.raises(RecordError, match=message):
        RecordDataset(path)


def test_a_file_cut_while_in_use_is_refused(files, tmp_path):
    path = tmp_path / "cut.tfrec"
    path.write_bytes(files[2].read_bytes())
    dataset = RecordDataset(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(
        RecordError, match=r"cut\.tfrec, record 0 at byte 0: the file was truncated while in use"
    ):
        dataset[0]
