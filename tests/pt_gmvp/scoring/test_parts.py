"""Records that are only added to: whole or not there, whatever becomes of the file."""

import errno
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.scoring.parts import PartWriter, find_parts

LENGTHS = (3, 1, 4)


def made(number, dtype=np.float32):
    random = np.random.default_rng(number)
    length = LENGTHS[number]
    stamp = (10 + number, 2**60 + number)
    codes = random.integers(0, 21, length).astype(np.uint8)
    columns = (20, 1, 20)[number]  # of a transcript, or of given variants
    return f"T{number}", stamp, codes, random.random((length, columns)).astype(dtype)


def written(folder, numbers=(0, 1, 2), dtype=np.float32):
    writer = PartWriter(folder)
    for number in numbers:
        writer.write(*made(number, dtype))
    writer.close()
    return writer.path


def assert_found(folder, numbers, dtype=np.float32):
    found = list(find_parts(folder))
    assert [part.name for part in found] == [f"T{number}" for number in numbers]
    for part, number in zip(found, numbers, strict=True):
        _, stamp, codes, scores = made(number, dtype)
        assert part.stamp == stamp
        read = part.read(0, part.length)
        np.testing.assert_array_equal(read[0], codes)
        np.testing.assert_array_equal(read[1], scores)
        assert read[1].dtype == dtype
        inner = part.read(1, part.length)
        np.testing.assert_array_equal(inner[1], scores[1:])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_written_is_found(tmp_path, dtype):
    written(tmp_path, dtype=dtype)
    assert_found(tmp_path, [0, 1, 2], dtype)


def test_each_process_has_a_file_of_its_own(tmp_path):
    paths = [written(tmp_path, [number]) for number in (1, 0, 2)]
    assert len(set(paths)) == 3
    assert_found(tmp_path, [1, 0, 2])


def test_a_file_without_records_is_taken_away(tmp_path):
    PartWriter(tmp_path).close()
    assert not list(tmp_path.iterdir())


@given(cut=st.integers(0, 800))
def test_cut_anywhere_the_records_before_are_whole(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    ends = [written(folder, range(count)).stat().st_size for count in (1, 2, 3)]
    for path in sorted(folder.iterdir())[:2]:
        path.unlink()
    (path,) = folder.iterdir()
    os.truncate(path, min(cut, ends[-1]))
    assert_found(folder, [number for number, end in enumerate(ends) if cut >= end])


@given(data=st.data())
def test_a_changed_byte_is_never_taken_for_scores(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("changed")
    path = written(folder)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    found = [part.name for part in find_parts(folder)]
    assert found == ["T0", "T1", "T2"][: len(found)]
    assert len(found) < 3
    assert_found(folder, range(len(found)))


def test_a_full_disk_leaves_what_was_written_before(tmp_path, monkeypatch):
    writer = PartWriter(tmp_path)
    writer.write(*made(0))
    write = os.write

    def half(file, content):
        if len(content) < 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, content[: len(content) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(InputError) as refused:
        writer.write(*made(2))
    monkeypatch.undo()
    assert str(refused.value) == (
        f"{writer.path}: cannot be written (No space left on device); finished scores are "
        "kept: free some space, and run the same command again to continue"
    )
    # There is room again, and the half record is not in the way.
    writer.write(*made(1))
    writer.close()
    assert_found(tmp_path, [0, 1])


def test_a_part_cut_short_since_is_refused(tmp_path):
    path = written(tmp_path, [0])
    (part,) = find_parts(tmp_path)
    os.truncate(path, 60)
    with pytest.raises(InputError, match="has been changed"):
        part.read(0, 3)
