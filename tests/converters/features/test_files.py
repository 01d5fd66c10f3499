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
    random = np.random.default_rng(0)
    found = random.random((3, 435))
    found[:, 0], found[:, 21:221] = [0, 20, 7], random.integers(0, 21, (3, 200))
    found[:, 427:431] -= 0.5
    return found


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


def test_a_version_of_a_file_may_be_left_out_if_it_is_the_only_one(tmp_path, matrix):
    save_matrix(tmp_path / "ENST1.7.npy", matrix)
    (tmp_path / "ENST1.txt").touch()
    assert find_matrix(tmp_path, "ENST1") == tmp_path / "ENST1.7.npy"
    assert find_matrix(tmp_path, "ENST1.8") is None
    assert find_matrix(tmp_path, "ENST") is None
    save_matrix(tmp_path / "ENST1.8.npy", matrix)
    assert find_matrix(tmp_path, "ENST1.8") == tmp_path / "ENST1.8.npy"
    with pytest.raises(InputError, match=r"ENST1 is there as ENST1\.7 and as ENST1\.8; name one"):
        find_matrix(tmp_path, "ENST1")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, 0.5, "column 0 is 0.5; expected a residue code, 0 to 20, whole"),
        (0, 20.5, "column 0 is 20.5"),
        (0, 21, "column 0 is 21.0"),
        (1, 1e30, "column 1 is 1e+30; expected a probability of the profile, 0 to 1"),
        (20, -0.5, "column 20 is -0.5"),
        (220, 3.5, "column 220 is 3.5; expected a residue code of the alignment"),
        (221, 101, "column 221 is 101.0; expected a percent identity, 0 to 100"),
        (423, 1.01, "column 423 is 1.01"),
        (424, 50, "column 424 is 50.0; expected a relative accessibility"),
        (430, -1.5, "column 430 is -1.5; expected a sine or cosine"),
        (434, -1, "column 434 is -1.0; expected a count of variants"),
        (431, 1.7e308, "column 431 is 1.7e+308"),
    ],
)
def test_a_number_that_no_matrix_has_is_refused_by_row_and_column(
    tmp_path, matrix, column, value, message
):
    path = tmp_path / "x.npy"
    matrix[2, column] = value
    save_matrix(path, matrix)
    with pytest.raises(InputError) as caught:
        load_matrix(path)
    assert str(caught.value).startswith(f"{path}: row 2, {message}")


@pytest.mark.parametrize(
    ("column", "value"), [(1, 1.0000001), (1, -1e-7), (424, 1.3), (430, 1.0000001), (431, 5e4)]
)
def test_a_number_that_is_only_rounded_is_not(tmp_path, matrix, column, value):
    matrix[2, column] = value
    save_matrix(tmp_path / "x.npy", matrix)
    assert load_matrix(tmp_path / "x.npy")[2, column] == value


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
