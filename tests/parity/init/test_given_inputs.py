"""Inputs of both models: as the user writes them, and as the reference declares them."""

import numpy
import pytest

from parity.declaring.model_inputs import Input, draw_inputs
from parity.errors import ParityError
from parity.init.given_inputs import (
    declared_input,
    given_batch,
    parse_input,
    parse_layout,
    relative_file,
    with_bound,
    with_meaning_of_name,
)


@pytest.mark.parametrize(
    ("text", "name", "given"),
    [
        ("4x16", None, Input((16,), "float32", 0)),
        ("x=4", "x", Input((), "float32", 0)),
        ("words=4x6:int64:30", "words", Input((6,), "int64", 30)),
        ("mask=2x3:bool", "mask", Input((3,), "bool", 0)),
        ("mask=4x3:mask", "mask", Input((3,), "float32", 0, "mask")),
        ("m=4x3:int64:mask", "m", Input((3,), "int64", 0, "mask")),
        ("words=4x6:ids:30", "words", Input((6,), "int64", 30)),
        ("box=4x2x4:int64:boxes:9", "box", Input((2, 4), "int64", 9, "boxes")),
        ("4x6:range", None, Input((6,), "int64", 0, "range")),
        ("4x6:-1..0.5", None, Input((6,), "float32", 0, "", (-1.0, 0.5))),
    ],
)
def test_forms_of_an_input(text, name, given):
    assert parse_input(text) == (name, given)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4,16",
        "x=",
        "4x16:float16",
        "4x16:float32:3",
        "4:int32:0",
        "4x3:boxes",
        "4:mask",
        "4x3:2..1",
        "4x3:int64:3:4",
        "4x3:",
        "@nowhere.npy",
    ],
)
def test_other_forms_are_refused_with_what_was_given(text):
    with pytest.raises(ParityError, match=r"--input|nowhere\.npy cannot be read"):
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


def test_records_of_a_file_are_taken_with_its_shape_and_dtype(tmp_path):
    numpy.save(tmp_path / "x.npy", numpy.arange(12).reshape(3, 4))
    name, given = parse_input(f"words=@{tmp_path / 'x.npy'}")
    assert (name, given.shape, given.dtype, given.below) == ("words", (4,), "int64", 12)
    drawn = draw_inputs({"words": given}, 1, 4)["words"]
    assert drawn.tolist()[3] == drawn.tolist()[0] == [0, 1, 2, 3]
    assert relative_file(given, tmp_path / "port.py").file == "x.npy"


def test_an_input_that_is_named_mask_is_drawn_as_one_unless_more_was_said():
    assert with_meaning_of_name("attention_mask", Input((3,), below=0)).meaning == "mask"
    assert with_meaning_of_name("mask", Input((3,), "int64", 5)).meaning == ""
    assert with_meaning_of_name("x", Input((3,), below=0)).meaning == ""


def test_only_integers_without_a_bound_get_one():
    assert with_bound(Input((3,), "int64", 0), 7).below == 7
    assert with_bound(Input((3,), "int64", 2), 7).below == 2
    assert with_bound(Input((3,), "int64", 0, between=(3, 4)), 7).below == 0


def test_layouts_are_for_one_input_or_all():
    assert parse_layout("image=channels-first") == ("image", "channels first")
    assert parse_layout("same") == (None, "same")
    with pytest.raises(ParityError, match="orders: same, channels-first, time-first"):
        parse_layout("nchw")


def test_the_number_of_records_is_the_first_of_every_input():
    assert given_batch(()) is None
    assert given_batch(("8x16", "mask=8x4:mask")) == 8
    assert given_batch(("@records.npy", "x=2")) == 2
    with pytest.raises(ParityError, match="different numbers of records, 4 and 8"):
        given_batch(("4x16", "x=8x16"))
