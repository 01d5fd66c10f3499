"""Both models are opened by the names and inputs that a user gives."""

import pytest

from parity.declaring.model_inputs import Input
from parity.errors import ParityError
from parity.init.open_models import in_orders, refuse_unknown, stated_orders
from parity.init.orders import Stated
from parity.runners.binding import CallSignature


def test_an_input_that_neither_model_has_is_refused_with_both_signatures():
    signatures = {
        "the reference r.py:R": CallSignature(("tokens", "mask"), ("tokens", "mask=None")),
        "the candidate c.py:C": CallSignature(("words", "mask"), ("words", "mask")),
    }
    refuse_unknown(["tokens", "mask"], signatures)
    with pytest.raises(ParityError, match=r"R takes \(tokens, mask=None\); the candidate c"):
        refuse_unknown(["tokens", "msk"], signatures)


def test_orders_are_for_one_input_or_for_all_images():
    inputs = {"image": Input((3, 4, 2)), "scale": Input((2,))}
    found = in_orders(inputs, ("channels-first",))
    assert {name: given.order for name, given in found.items()} == {
        "image": "channels first",
        "scale": "same",
    }
    assert in_orders(inputs, ("image=same",)) == inputs
    with pytest.raises(ParityError, match="unknown input 'imag'"):
        in_orders(inputs, ("imag=same",))


def test_an_order_may_be_stated_for_an_output():
    inputs, outputs = {"image": Input((3, 4, 2))}, {"output": (4, 3, 4, 2)}
    layout = ("image=same", "output=channels-first")
    assert in_orders(inputs, layout) == inputs
    expected = Stated(frozenset({"image"}), {"output": "channels first"})
    assert stated_orders(inputs, outputs, layout) == expected
    assert stated_orders(inputs, outputs, ("same",)) == Stated(frozenset(inputs), every="same")
    with pytest.raises(ParityError, match="unknown output 'output/a'"):
        stated_orders(inputs, outputs, ("output/a=same",))
