"""Messages survive being sent, bit for bit; what cannot be sent is refused."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from parity.declaring.constants import Constant, ConstantChanges
from parity.declaring.model_sides import Layer
from parity.errors import StructureError
from parity.runners.remote.messages import Message, receive, send

DTYPES = ("bool", "int8", "uint64", "int64", "float16", "float32", "float64", "complex128")
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.tuples(st.text(), st.text()), inner)
    ),
    max_leaves=8,
)


def sent(message: Message) -> Message | None:
    file = io.BytesIO()
    send(file, message)
    file.seek(0)
    return receive(file)


@given(values)
def test_values_arrive_as_they_were(value: object) -> None:
    assert repr(sent({"value": value})) == repr({"value": value})


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))
    )
)
def test_arrays_arrive_bit_for_bit(array: np.ndarray) -> None:
    received = sent({"first": array, "list": [array.T, array[..., None]]})
    assert received is not None
    for got, expected in zip(
        (received["first"], *received["list"]), (array, array.T, array[..., None]), strict=True
    ):
        assert (got.dtype, got.shape) == (expected.dtype, expected.shape)
        assert got.tobytes() == expected.tobytes()
        got[...] = 0


def test_arrays_of_the_other_byte_order_are_turned() -> None:
    received = sent({"x": np.array([1.5, -2], ">f4")})
    assert received is not None
    np.testing.assert_array_equal(received["x"], np.array([1.5, -2], "float32"))


def test_objects_arrive_as_their_kind() -> None:
    key = ("Mul", "0.1")
    changes = ConstantChanges(
        "exact", frozenset({key}), {key: Constant(*"abcd")}, {key: (np.ones(1), np.zeros(1))}
    )
    received = sent({"changes": changes, "layer": Layer("a", "b", "time first", True)})
    assert received is not None
    assert received["layer"] == Layer("a", "b", "time first", True)
    assert received["changes"].skip == {key}
    assert received["changes"].found == changes.found


@pytest.mark.parametrize(
    ("value", "refused"),
    [
        (np.array(["a"]), "x is an array of str"),
        (np.array([object()]), "x is an array of object"),
        (object(), "x is of type object"),
        (print, "x is of type builtin_function_or_method"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(value: object, refused: str) -> None:
    file = io.BytesIO()
    with pytest.raises(StructureError, match=refused):
        send(file, {"in": [{"x": value}]})
    assert file.getvalue() == b""


@given(st.integers(0, 60))
def test_a_message_that_ends_early_is_none(length: int) -> None:
    file = io.BytesIO()
    send(file, {"x": np.arange(9.0)})
    assert receive(io.BytesIO(file.getvalue()[:length])) is None
