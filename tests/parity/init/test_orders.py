"""Orders of axes are found by calling the candidate, and outputs are paired."""

from typing import cast

import numpy as np
import pytest

from parity.declaring.model_inputs import Input, Output
from parity.errors import ParityError
from parity.init.orders import find_orders, paired_outputs
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


def test_where_both_orders_fit_the_channels_come_first_if_those_of_an_input_do():
    square = {"a": (4, 3, 3, 3)}
    assert paired_outputs(square, square) == ({}, True)
    found, _ = paired_outputs(square, square, channels_first=True)
    assert found == {"a": Output("a", "channels first")}
