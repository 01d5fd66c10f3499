"""Safetensors files of a store: written as the library reads them, and checked before use."""

import google_crc32c
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from converters.store.tensors import (
    DTYPES,
    Layout,
    StoreError,
    TensorFile,
    check_range,
    checksum,
    concatenated,
    header,
)

LAYOUTS = st.dictionaries(
    st.text("abcdef_", min_size=1, max_size=6),
    st.builds(
        Layout,
        st.sampled_from(sorted(DTYPES)),
        st.lists(st.integers(0, 4), max_size=3).map(tuple),
    ),
    max_size=5,
)


@given(LAYOUTS, st.sampled_from([0, 128, 1000]))
def test_a_header_is_aligned_and_as_long_as_asked(layouts, padded):
    found = header(layouts, padded)
    assert len(found) % 8 == 0
    assert len(found) >= padded
    assert int.from_bytes(found[:8], "little") == len(found) - 8


@settings(max_examples=40)
@given(layouts=LAYOUTS, seed=st.integers(0, 99))
def test_tensors_come_back_in_the_library_and_when_mapped(tmp_path_factory, layouts, seed):
    # Wide types first, as in a store: a mapped array must be aligned.
    layouts = dict(
        sorted(layouts.items(), key=lambda item: -np.dtype(DTYPES[item[1].dtype]).itemsize)
    )
    random = np.random.default_rng(seed)
    arrays = {
        name: np.frombuffer(random.bytes(each.size), DTYPES[each.dtype]).reshape(each.shape)
        for name, each in layouts.items()
    }
    path = tmp_path_factory.mktemp("tensors") / "t.safetensors"
    concatenated(path, [(name, layouts[name], arrays[name]) for name in layouts])
    mapped = TensorFile(path, path.stat().st_size, layouts).tensors
    library = load_file(path)
    for name, array in arrays.items():
        assert mapped[name].tobytes() == library[name].tobytes() == array.tobytes()
        assert mapped[name].shape == library[name].shape == array.shape
        assert not mapped[name].flags.writeable


@pytest.fixture
def path(tmp_path):
    """A file with the tensor `a` of three int32."""
    concatenated(tmp_path / "t", [("a", Layout("I32", (3,)), np.array([1, 2, 3]))])
    return tmp_path / "t"


def test_a_part_may_be_a_file(path, tmp_path):
    (tmp_path / "part").write_bytes(np.array([1, 2, 3], "<i4").tobytes())
    concatenated(tmp_path / "u", [("a", Layout("I32", (3,)), tmp_path / "part")])
    assert (tmp_path / "u").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("size", "layout", "problem"),
    [
        (999, Layout("I32", (3,)), "bytes, but the index says 999"),
        (None, Layout("I32", (4,)), "its header differs from the index"),
        (None, Layout("F32", (3,)), "its header differs from the index"),
    ],
)
def test_a_file_unlike_the_index_is_refused(path, size, layout, problem):
    with pytest.raises(StoreError, match=problem) as caught:
        TensorFile(path, size or path.stat().st_size, {"a": layout})
    assert str(path) in str(caught.value)


def test_a_header_that_claims_too_much_is_refused(path):
    content = path.read_bytes()
    path.write_bytes((1 << 40).to_bytes(8, "little") + content[8:])
    with pytest.raises(StoreError, match=f"its header claims {1 << 40} bytes"):
        TensorFile(path, len(content), {"a": Layout("I32", (3,))})


def test_missing_data_is_refused(path):
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(StoreError, match="but its tensors need 12"):
        TensorFile(path, path.stat().st_size, {"a": Layout("I32", (3,))})


def test_checksums_are_those_of_crc32c(path, monkeypatch):
    monkeypatch.setattr("converters.store.tensors._CHUNK", 5)
    assert checksum(path) == f"{google_crc32c.value(path.read_bytes()):08x}"
    held = TensorFile(path, path.stat().st_size, {"a": Layout("I32", (3,))})
    held.check_sum(checksum(path))
    with pytest.raises(StoreError, match="the index says 00000000; it is damaged"):
        held.check_sum("00000000")


@pytest.mark.parametrize("ids", [[0, 3], [-1, 2], [[0, 1], [2, 9]]])
def test_ids_out_of_range_are_named(tmp_path, ids):
    check_range(tmp_path, "row", np.array(ids).clip(0, 2), 3)
    check_range(tmp_path, "row", np.zeros((0, 3), int), 0)
    with pytest.raises(StoreError, match=r"row \d is -?\d, expected 0 to 2"):
        check_range(tmp_path, "row", np.array(ids), 3)
