"""Errors for users, and how they write a shape."""

import pytest

from converters.errors import InputError, Mismatch, WeightsError, shape_text


@pytest.mark.parametrize(
    ("shape", "text"), [((91, 512), "91 x 512"), ((3,), "3"), ((), "scalar"), ([0, 2], "0 x 2")]
)
def test_shapes_as_text(shape, text):
    assert shape_text(shape) == text


def test_an_error_of_weights_keeps_its_table_beside_its_message():
    row = Mismatch("gru/bias", "missing", "2 x 48")
    error = WeightsError("one weight does not fit", [row])
    assert str(error) == "one weight does not fit"
    assert error.rows == (row,)
    assert WeightsError("damaged").rows == ()
    assert isinstance(error, InputError)
