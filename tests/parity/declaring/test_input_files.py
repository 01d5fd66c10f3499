"""Records from a user's files: the right ones in the input's dtype, all others refused."""

import numpy as np
import pytest

from parity.declaring.input_files import RecordShape, is_array_source, read_inputs
from parity.errors import InputError

IMAGE = RecordShape((3, 2), "float32")
WORDS = RecordShape((4,), "int64")
X = np.arange(30, dtype=np.float64).reshape(5, 3, 2)
IDS = np.arange(20, dtype=np.int32).reshape(5, 4)


def test_a_single_input_may_be_one_array(tmp_path):
    np.save(tmp_path / "x.npy", X)
    found = read_inputs(str(tmp_path / "x.npy"), {"image": IMAGE}, 3)
    assert found.arrays["image"].dtype == np.float32
    assert np.array_equal(found.arrays["image"], X[:3])
    assert found.name == str(tmp_path / "x.npy")


@pytest.mark.parametrize("kind", ["archive", "folder"])
def test_several_inputs_are_named(tmp_path, kind):
    if kind == "archive":
        source = tmp_path / "x.npz"
        np.savez(source, words=IDS, image=X)
    else:
        source = tmp_path
        np.save(tmp_path / "words.npy", IDS)
        np.save(tmp_path / "image.npy", X)
    found = read_inputs(str(source), {"image": IMAGE, "words": WORDS}, 9)
    assert list(found.arrays) == ["image", "words"]
    assert found.records == 5
    assert found.arrays["words"].dtype == np.int64
    assert np.array_equal(found.arrays["words"], IDS)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"image": X}, "no array for the input 'words'; it holds image"),
        ({"image": X, "word": IDS}, "unknown input 'word'; did you mean words?"),
        ({"image": X[:, :2], "words": IDS}, "'image' is an array (5, 2, 2); expected records of"),
        ({"image": X, "words": IDS[:4]}, "different numbers of records: image 5, words 4"),
        ({"image": X, "words": IDS + 0.5}, "'words' is float64; expected int64"),
        ({"image": X[:0], "words": IDS[:0]}, "has no records"),
        ({"image": X.astype(str), "words": IDS}, "'image' is <U32; expected float32"),
        ({"image": np.float32(1), "words": IDS}, "'image' is an array ()"),
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(InputError) as error:
        read_inputs(str(tmp_path / "x.npz"), {"image": IMAGE, "words": WORDS}, 9)
    assert message in str(error.value)


def test_numbers_that_the_dtype_does_not_hold_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.array([[2**40]]))
    with pytest.raises(InputError, match="holds numbers that int32 does not"):
        read_inputs(str(tmp_path / "x.npy"), {"ids": RecordShape((1,), "int32")}, 1)


def test_what_is_no_file_of_arrays_is_refused(tmp_path):
    both = {"image": IMAGE, "words": WORDS}
    np.save(tmp_path / "one.npy", X)
    np.savez(tmp_path / "objects.npz", image=np.array([{"a": 1}], dtype=object))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "objects.npz").read_bytes()[:90])
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "empty").mkdir()
    for name, message in {
        "one.npy": "is one array, but the port has the inputs image, words",
        "objects.npz": "cannot be read as a .npz file of numbers",
        "cut.npz": "cannot be read as a .npz file of numbers",
        "empty": "contains no .npy file",
        "none.npz": "no file or folder",
        "x.txt": "no file or folder",
    }.items():
        with pytest.raises(InputError, match=message):
            read_inputs(str(tmp_path / name), both, 1)
    with pytest.raises(InputError, match=r"cannot be read as a .npy file"):
        read_inputs(str(tmp_path / "text.npy"), {"image": IMAGE}, 1)


def test_sources_of_arrays_are_known_by_name(tmp_path):
    assert is_array_source("none.npz")
    assert not is_array_source("records.tfrec")
    assert not is_array_source(str(tmp_path))
    np.save(tmp_path / "x.npy", X)
    assert is_array_source(str(tmp_path))
