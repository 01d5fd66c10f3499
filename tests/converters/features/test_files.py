import hashlib
import io
import os
import pickle
import struct

import numpy as np
import pytest

from converters.errors import InputError
from converters.features.files import find_matrix, load_matrix, load_npy, save_matrix


@pytest.fixture
def matrix():
    return np.random.default_rng(0).standard_normal((3, 435))


@pytest.mark.parametrize("suffix", [".npy", ".pickle"])
def test_a_matrix_comes_back_bit_for_bit(tmp_path, matrix, suffix):
    path = tmp_path / f"T{suffix}"
    save_matrix(path, matrix)
    first = path.read_bytes()
    found = load_matrix(path)
    assert found.tobytes() == matrix.tobytes()
    assert found.dtype == np.float64
    assert found.flags.writeable
    save_matrix(path, found)
    assert path.read_bytes() == first


def test_the_original_s_pickle_is_written_byte_for_byte(golden, tmp_path):
    theirs = golden / "combined" / "ENST00000371953.pickle"
    save_matrix(tmp_path / "x.pickle", load_matrix(theirs))
    digests = [hashlib.sha256(p.read_bytes()).digest() for p in (theirs, tmp_path / "x.pickle")]
    assert digests[0] == digests[1]


def test_a_version_may_be_left_out(tmp_path, matrix):
    save_matrix(tmp_path / "ENST1.npy", matrix)
    assert find_matrix(tmp_path, "ENST1") == tmp_path / "ENST1.npy"
    assert find_matrix(tmp_path, "ENST1.7") == tmp_path / "ENST1.npy"
    assert find_matrix(tmp_path, "ENST1.x") is None
    save_matrix(tmp_path / "ENST1.7.pickle", matrix)
    assert find_matrix(tmp_path, "ENST1.7") == tmp_path / "ENST1.7.pickle"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 434)), "array of shape (3, 434); expected (protein length, 435)"),
        (np.zeros((0, 435)), "array of shape (0, 435); expected (protein length, 435)"),
        (
            np.full((2, 435), np.nan),
            "contains nan in row 0, column 0 (both from 0); expected finite",
        ),
        (np.array(["a"]), "contains dtype <U1; expected one array of numbers"),
    ],
)
def test_what_is_refused(tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError) as caught:
        load_matrix(tmp_path / "x.npy")
    assert message in str(caught.value) or "not a complete .npy file" in str(caught.value)
    assert str(tmp_path / "x.npy") in str(caught.value)


def test_a_declared_size_is_not_believed(tmp_path):
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 435), }"
    head = head.ljust(117) + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + bytes(800)
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(InputError, match="not a complete"):
        load_npy(tmp_path / "x.npy")


def test_nothing_is_unpickled(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("run",)

    (tmp_path / "x.pickle").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match=r"builtins\.print"):
        load_matrix(tmp_path / "x.pickle")
    stream = io.BytesIO()
    np.save(stream, np.array([Evil()], dtype=object), allow_pickle=True)
    (tmp_path / "x.npy").write_bytes(stream.getvalue())
    with pytest.raises(InputError, match="not a complete"):
        load_matrix(tmp_path / "x.npy")


@pytest.mark.parametrize("content", [b"", b"junk of any length", b"PK\x03\x04zip", b"\x80\x04."])
def test_what_is_no_npy_is_never_advised_to_be_unpickled(tmp_path, content):
    (tmp_path / "x.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"x\.npy: not a complete \.npy file \(") as caught:
        load_matrix(tmp_path / "x.npy")
    assert "pickle" not in str(caught.value)


@pytest.mark.parametrize("newer", [".npy", ".pickle"])
def test_of_two_forms_the_one_written_last_is_found(tmp_path, newer):
    for suffix in (".npy", ".pickle"):
        path = tmp_path / f"T{suffix}"
        path.touch()
        os.utime(path, ns=(0, 5 + (suffix == newer)))
    assert find_matrix(tmp_path, "T") == tmp_path / f"T{newer}"
    assert find_matrix(tmp_path, "T.12") == tmp_path / f"T{newer}"
    assert find_matrix(tmp_path, "U") is None
