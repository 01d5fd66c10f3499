"""Domains of a model's inputs follow from how they are drawn, unless they are declared."""

from parity.declaring.domains import Domain
from parity.declaring.model_domains import input_domains
from parity.declaring.model_inputs import Input


def test_codes_and_ranges_are_what_may_be_drawn_and_not_only_what_was():
    inputs = {
        "codes": Input((4,), "int64", below=30),
        "share": Input((2,), between=(0.0, 0.5)),
        "count": Input((2,), "int32", between=(3, 9)),
    }
    assert input_domains(inputs, ()) == (
        Domain("codes", 0, 29, integer=True),
        Domain("share", 0.0, 0.5),
        Domain("count", 3, 9, integer=True),
    )


def test_others_are_left_to_their_values():
    inputs = {"x": Input((4,)), "mask": Input((4,), meaning="mask"), "on": Input((4,), "bool")}
    assert input_domains(inputs, ()) == ()


def test_what_is_declared_holds():
    own = (Domain("codes", 1, 3, integer=True), Domain("codes", 5, 6, columns=(0, 1)))
    assert input_domains({"codes": Input((4,), "int64", below=30)}, own) == own
