"""A folder of matrices, listed once."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from converters.features.files import find_matrix
from converters.features.folder import MatrixFolder


@pytest.fixture
def write(tmp_path):
    """Return a function that writes an empty file with a modification time in nanoseconds."""

    def touch(name, written=0):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, ns=(0, written))

    return touch


def test_only_visible_matrices_are_listed(tmp_path, write):
    for name in ("B.npy", "A.pickle", "A.npy", ".A.npy", "notes.txt", "C"):
        write(name)
    (tmp_path / "D.npy").mkdir()
    assert MatrixFolder(tmp_path).transcripts() == ["A", "B"]


def test_a_file_is_described(tmp_path, write):
    (tmp_path / "A.npy").write_bytes(b"12345")
    os.utime(tmp_path / "A.npy", ns=(0, 7))
    assert MatrixFolder(tmp_path).find("A") == (tmp_path / "A.npy", 5, 7)


def test_the_newer_of_two_formats_is_found(tmp_path, write):
    write("A.npy", 5)
    write("A.pickle", 6)
    write("B.npy")
    folder = MatrixFolder(tmp_path)
    found = folder.find("A.3")
    assert found is not None
    assert found.path.name == "A.pickle"
    assert folder.in_two_formats("A")
    assert folder.in_two_formats("A.3")
    assert not folder.in_two_formats("B")
    assert not folder.in_two_formats("C")


def test_it_is_listed_once(tmp_path, write):
    folder = MatrixFolder(tmp_path)
    write("A.npy")
    assert folder.find("A") is None
    assert MatrixFolder(tmp_path).find("A") is not None


def test_a_folder_that_cannot_be_listed(tmp_path):
    with pytest.raises(FileNotFoundError):
        MatrixFolder(tmp_path / "missing")


NAMES = st.sampled_from(["T", "T.1", "T.2", "T.x", "T.1.2", "U.1"])


@settings(max_examples=30)
@given(
    files=st.dictionaries(
        st.tuples(NAMES, st.sampled_from([".npy", ".pickle"])), st.integers(0, 1 << 40), max_size=6
    ),
    asked=NAMES,
)
def test_a_listed_folder_finds_what_find_matrix_finds(tmp_path_factory, files, asked):
    path = tmp_path_factory.mktemp("listed")
    # Of two files of one age either may be found.
    for number, ((name, suffix), written) in enumerate(files.items()):
        (path / f"{name}{suffix}").touch()
        os.utime(path / f"{name}{suffix}", ns=(0, 8 * written + number))
    assert _found(lambda: MatrixFolder(path).find(asked)) == _found(
        lambda: find_matrix(path, asked)
    )


def _found(find):
    """Return the path found, None, or the message of the error."""
    try:
        found = find()
    except InputError as error:
        return str(error)
    return getattr(found, "path", found)
