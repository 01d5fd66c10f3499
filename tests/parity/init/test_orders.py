"""Orders of axes are found by calling the candidate, and outputs are paired."""

from typing import cast

import numpy as np
import pytest

from parity.declaring.model_inputs import Input, Output
from parity.errors import ParityError
from parity.init.orders import Stated, find_orders, fitting_orders, paired_outputs
from parity.runners.whole_models import ModelDescription, OpenCandidate


class Candidate:
    """A candidate that takes images of three channels, which come first."""

    def __init__(self, refuses: bool = False) -> None:
        self.orders, self.outputs, self.refuses = dict[str, str](), dict[str, Output](), refuses

    def describe(self, inputs):
        if self.orders["image"] != "channels first" or self.refuses:
            sizes = f"sizes do not fit, {self.orders['image']}"
            raise ParityError("the candidate cannot be called") from ValueError(sizes)
        return ModelDescription((), {"output": (4, 3, 5, 6)})


IMAGES = {"image": Input((5, 6, 3)), "scale": Input((2,))}
ARRAYS = {"image": np.ones((4, 5, 6, 3)), "scale": np.ones((4, 2))}
EXPECTED = ModelDescription((), {"output": (4, 5, 6, 3)})


def test_an_image_has_its_channels_first_where_only_that_can_be_called():
    candidate = Candidate()
    found = find_orders(cast(OpenCandidate, candidate), ARRAYS, IMAGES, EXPECTED)
    assert {name: given.order for name, given in found.items()} == {
        "image": "channels first",
        "scale": "same",
    }
    assert candidate.orders == {"image": "channels first", "scale": "same"}
    assert candidate.outputs == {"output": Output("output", "channels first")}


def test_both_errors_are_shown_where_no_order_can_be_called():
    candidate = Candidate(refuses=True)
    either = (
        "the candidate cannot be called; with the channels first it cannot be called either: "
        "ValueError: sizes do not fit, channels first"
    )
    with pytest.raises(ParityError, match=either):
        find_orders(cast(OpenCandidate, candidate), ARRAYS, IMAGES, EXPECTED)


@pytest.mark.parametrize(
    ("reference", "candidate", "pairs", "fits"),
    [
        ({"a": (4, 2), "b": (4, 3)}, {"b": (4, 3), "a": (4, 2)}, {}, True),
        ({"a": (4, 2)}, {"0": (4, 2)}, {"a": Output("0")}, True),
        ({"a": (4, 2), "b": (4, 3)}, {"a": (4, 2)}, {}, False),
        ({"a": (4, 2)}, {"a": (4, 9)}, {}, False),
        ({"a": (4, 7, 2)}, {"a": (4, 2, 7)}, {"a": Output("a", "channels first")}, True),
    ],
)
def test_outputs_are_paired_by_name_or_else_in_order(reference, candidate, pairs, fits):
    assert paired_outputs(reference, candidate) == (pairs, fits)


def test_where_both_orders_fit_the_preferred_one_or_the_stated_one_is_taken():
    square = {"a": (4, 3, 3, 3)}
    assert paired_outputs(square, square) == ({}, True)
    found, _ = paired_outputs(square, square, preferred="channels first")
    assert found == {"a": Output("a", "channels first")}
    assert paired_outputs(square, square, "channels first", {"a": "same"}) == ({}, True)


def test_orders_that_the_user_states_are_kept():
    candidate = Candidate()
    stated = Stated(frozenset({"image"}))
    with pytest.raises(ParityError, match=r"cannot be called$"):
        find_orders(cast(OpenCandidate, candidate), ARRAYS, IMAGES, EXPECTED, stated)


def test_sizes_that_differ_leave_one_choice_of_orders():
    candidate = cast(OpenCandidate, Candidate())
    found = find_orders(candidate, ARRAYS, IMAGES, EXPECTED)
    (only,) = fitting_orders(candidate, ARRAYS, found, EXPECTED)
    assert only.images == {"image": "channels first", "output": "channels first"}
    assert not only.mixed


class Cube(Candidate):
    """A candidate that takes and returns images with three places and three channels."""

    def describe(self, inputs):
        return ModelDescription((), {"output": (4, 3, 3, 3)})


def test_equal_sizes_fit_every_order_but_those_that_the_user_stated():
    inputs, expected = {"image": Input((3, 3, 3))}, ModelDescription((), {"output": (4, 3, 3, 3)})
    candidate = cast(OpenCandidate, Cube())
    found = find_orders(candidate, {}, inputs, expected)
    assert len(fitting_orders(candidate, {}, found, expected)) == 4
    assert candidate.orders == {"image": "same"}
    for stated, count in (
        (Stated(frozenset({"image"})), 2),
        (Stated(frozenset({"image"}), every="same"), 1),
        (Stated(outputs={"output": "same"}), 2),
    ):
        assert len(fitting_orders(candidate, {}, found, expected, stated)) == count


def test_of_several_inputs_each_may_have_another_order():
    inputs = {name: Input((3, 3)) for name in ("a", "b")}
    candidate = cast(OpenCandidate, Cube())
    expected = ModelDescription((), {"output": (4, 3, 3, 3)})
    found = find_orders(candidate, {}, inputs, expected, Stated(outputs={"output": "same"}))
    given = [
        {name: one.order for name, one in orders.inputs.items()}
        for orders in fitting_orders(
            candidate, {}, found, expected, Stated(outputs={"output": "same"})
        )
    ]
    both = ("same", "channels first")
    assert len(given) == 4
    assert all({"a": a, "b": b} in given for a in both for b in both)
