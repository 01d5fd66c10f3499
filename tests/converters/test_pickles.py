import io
import os
import pickle
import pickletools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from converters.pickles import PickleRefusedError, load_array

DTYPES = st.sampled_from(["f8", "f4", ">f8", "f2", "i8", "u1", "?", ">i4"]).map(np.dtype)


@pytest.fixture
def refuse(tmp_path):
    """Write bytes, and return the message with which they are refused."""

    def run(content: bytes) -> str:
        path = tmp_path / "ENST1.pickle"
        path.write_bytes(content)
        with pytest.raises(PickleRefusedError) as caught:
            load_array(path)
        assert "\n" not in str(caught.value)
        return str(caught.value).replace(str(tmp_path) + os.sep, "")

    return run


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("pickles") / "array.pickle"


@settings(max_examples=60, deadline=None)
@given(
    array=DTYPES.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=0, min_side=0))),
    protocol=st.integers(0, 5),
    order=st.sampled_from("CF"),
)
def test_what_numpy_pickles_is_read_back(scratch, array, protocol, order):
    scratch.write_bytes(pickle.dumps(np.array(array, order=order), protocol=protocol))
    found = load_array(scratch)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == np.ascontiguousarray(array).tobytes()
    assert found.flags.c_contiguous
    assert found.flags.writeable


def test_a_feature_matrix_of_the_original_is_read(golden):
    path = golden / "combined" / "ENST00000371953.pickle"
    found = load_array(path)
    assert found.shape == (403, 435)
    np.testing.assert_array_equal(found, pickle.loads(path.read_bytes()))


def test_the_module_paths_of_old_numpy_are_read(tmp_path):
    array = np.arange(6.0).reshape(2, 3)
    content = pickle.dumps(array, protocol=2).replace(
        b"numpy._core.multiarray", b"numpy.core.multiarray"
    )
    assert b"numpy.core.multiarray" in content
    (tmp_path / "old.pickle").write_bytes(content)
    np.testing.assert_array_equal(load_array(tmp_path / "old.pickle"), array)


class Attack:
    def __init__(self, call, *arguments):
        self.reduced = call, arguments

    def __reduce__(self):
        return self.reduced


def test_a_malicious_pickle_does_not_run(refuse, tmp_path):
    target = tmp_path / "harm"
    message = refuse(pickle.dumps(Attack(os.system, f"touch {target}")))
    assert message == (
        "ENST1.pickle: refused: it asks for the global posix.system, which an array does not"
        " need; nothing was run; expected a pickle of one numeric numpy array"
    )
    assert not target.exists()


@pytest.mark.parametrize("call", [eval, open, getattr, np.load, np.frombuffer, np.memmap])
def test_every_other_global_is_refused(refuse, call):
    assert "asks for the global" in refuse(pickle.dumps(Attack(call, "1")))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (np.array([1, None], dtype=object), "dtype 'O8', not a plain number"),
        (np.zeros(2, dtype=[("a", "f4")]), "contains a dictionary or a set"),
        (np.array(["x"]), "not a plain number"),
        (np.zeros(2, dtype="M8[s]"), "not a plain number"),
        (np.zeros(2, dtype="c16"), "not a plain number"),
        ([np.zeros(2)], "it contains an object of type list"),
        ({}, "it contains an object of type dict"),
        ({"x": 1}, "it contains a dictionary or a set"),
        (np.dtype("f8"), "it contains a piece of an array"),
        (np.ndarray, "it contains a piece of an array"),
        (3.0, "it contains an object of type float"),
    ],
)
def test_whatever_is_not_one_plain_array_is_refused(refuse, content, reason):
    assert reason in refuse(pickle.dumps(content))


def test_an_object_array_in_disguise_is_refused(refuse):
    content = pickle.dumps(np.zeros(2, dtype="f8"), protocol=2).replace(b"f8", b"O8")
    assert "dtype 'O8'" in refuse(content)


def test_a_shape_that_lies_is_refused(refuse):
    content = pickle.dumps(np.zeros((3, 2)), protocol=4).replace(b"K\x03K\x02", b"K\x04K\x02")
    assert "array of shape (4, 2) and dtype float64 has 48 bytes" in refuse(content)


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04", b"\x93NUMPY\x01\x00"])
def test_garbage_is_told_from_a_pickle(refuse, content):
    assert "not a complete pickle" in refuse(content)


def test_more_than_one_pickle_is_refused(refuse):
    assert "there are more bytes after the array" in refuse(pickle.dumps(np.zeros(2)) * 2)


def test_what_it_is_given_cannot_be_altered(refuse):
    # GLOBAL numpy.ndarray, then BUILD with a state: __setstate__ of the stand-in itself.
    assert "tries to modify" in refuse(b"\x80\x02cnumpy\nndarray\n}b.")
    assert "tries to modify" in refuse(b"\x80\x02cnumpy\ndtype\n}b.")


@pytest.mark.parametrize("protocol", [2, 5])
def test_damage_gives_an_array_or_a_refusal(tmp_path, protocol):
    whole = pickle.dumps(np.arange(40.0).reshape(8, 5), protocol=protocol)
    head = len(whole) - 320
    generator = np.random.default_rng(0)
    path = tmp_path / "damaged.pickle"
    for round_ in range(300):
        content = bytearray(whole)
        if round_ % 3 == 0:
            del content[generator.integers(len(whole)) :]
        else:
            content[generator.integers(head + 20)] = generator.integers(256)
        path.write_bytes(content)
        try:
            found = load_array(path)
        except PickleRefusedError:
            continue
        assert found.dtype.kind in "biuf"


def test_the_attack_would_have_run_otherwise():
    names = [op.name for op, *_ in pickletools.genops(io.BytesIO(pickle.dumps(Attack(print))))]
    assert "REDUCE" in names


@pytest.mark.parametrize("operation", [b"r" + (120_000_000).to_bytes(4, "little"), b"p120000000\n"])
def test_a_note_numbered_beyond_reason_takes_no_memory(tmp_path, operation):
    path = tmp_path / "bomb.pickle"
    path.write_bytes(b"\x80\x04N" + operation + b".")
    with pytest.raises(PickleRefusedError, match="uses memo index 120000000"):
        load_array(path)


def _repeating(times: int) -> bytes:
    """A pickle that encodes one memoized text again and again, and then holds an array."""
    text = b"X" + (1000).to_bytes(4, "little") + b"a" * 1000 + b"q\x01X\x06\0\0\0latin1q\x02"
    encode = b"c_codecs\nencode\nh\x01h\x02\x86R0"
    return b"\x80\x02" + text + b"00" + encode * times + pickle.dumps(np.zeros(4000), 2)[2:]


@pytest.mark.parametrize(("times", "refused"), [(1, False), (3, True), (2000, True)])
def test_a_text_that_is_encoded_again_and_again_is_refused_by_the_sum(tmp_path, times, refused):
    path = tmp_path / "x.pickle"
    path.write_bytes(_repeating(times))
    if not refused:
        assert load_array(path).shape == (4000,)
        return
    with pytest.raises(PickleRefusedError, match=r"more bytes than its own [0-9,]+: it repeats"):
        load_array(path)


@pytest.mark.parametrize("operation", [b"(d", b"}K\x01K\x02s", b"\x8f(K\x01\x90", b"(K\x01\x91"])
def test_what_an_array_never_needs_is_refused(tmp_path, operation):
    """The hash of a tuple that holds itself twice over and over has no end."""
    path = tmp_path / "x.pickle"
    path.write_bytes(b"\x80\x04" + operation + b".")
    with pytest.raises(PickleRefusedError, match="contains a dictionary or a set"):
        load_array(path)


def test_a_list_in_lists_in_lists_is_not_shown(tmp_path):
    """Its representation has two to the power of its depth parts."""
    path = tmp_path / "x.pickle"
    content = b"\x80\x02]q\x00"
    for n in range(60):
        inner, outer = b"h" + bytes([n]), b"q" + bytes([n + 1])
        content += b"]" + outer + inner + b"a" + inner + b"a"
    path.write_bytes(content + b"cnumpy\ndtype\nh\x3c\x85R.")
    with pytest.raises(PickleRefusedError, match="has dtype of type list, not a plain number"):
        load_array(path)
