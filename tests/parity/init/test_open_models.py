"""Inputs of both models: as the user writes them, and as the reference declares them."""

import pytest

from parity.declaring.models import Input, draw_inputs
from parity.errors import ParityError
from parity.init.open_models import declared_input, parse_input


@pytest.mark.parametrize(
    ("text", "name", "given"),
    [
        ("4x16", None, Input((16,), "float32", 0)),
        ("x=4", "x", Input((), "float32", 0)),
        ("words=4x6:int64:30", "words", Input((6,), "int64", 30)),
        ("mask=2x3:bool", "mask", Input((3,), "bool", 0)),
    ],
)
def test_forms_of_an_input(text, name, given):
    assert parse_input(text) == (name, given)


@pytest.mark.parametrize("text", ["", "4,16", "x=", "4x16:float16", "4x16:float32:3", "4:int32:0"])
def test_other_forms_are_refused_with_what_was_given(text):
    with pytest.raises(ParityError, match=f"--input {text}"):
        parse_input(text)


def test_an_open_shape_is_asked_for():
    with pytest.raises(ParityError, match="--input x=4x8x3:float32"):
        declared_input("x", (None, None, 3), "float32")


def test_inputs_are_drawn_by_name_and_seed_within_bounds():
    inputs = {"a": Input((50,), "int64", 3), "b": Input((2,), "bool"), "c": Input((2, 2))}
    drawn = draw_inputs(inputs, 1, 4)
    assert set(drawn["a"].ravel()) == {0, 1, 2}
    assert drawn["b"].dtype == bool
    assert drawn["c"].shape == (4, 2, 2)
    assert (draw_inputs(inputs, 2, 4)["c"] != drawn["c"]).all()
