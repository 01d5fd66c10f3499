"""Inputs are passed to a call whatever its arguments are named."""

import pytest

from parity.runners.binding import Caller, CallSignature, bind_inputs, ways_to_call


@pytest.mark.parametrize(
    ("parameters", "names", "positional", "by_name"),
    [
        (["b", "a"], ["a", "b"], [], {"a": 1, "b": 2}),
        (["x", "y"], ["a", "b"], [1, 2], {}),
        (["tokens", "mask"], ["words", "mask"], [], {"tokens": 1, "mask": 2}),
        (["ids", "types", "mask"], ["ids", "mask"], [], {"ids": 1, "mask": 2}),
        (["x"], ["a", "b"], [1, 2], {}),
    ],
)
def test_two_inputs_go_by_name_where_the_call_knows_them(parameters, names, positional, by_name):
    assert bind_inputs(parameters, names, [1, 2]) == (positional, by_name)


def test_one_input_goes_by_name_unless_it_is_the_first():
    assert bind_inputs(["a"], ["a"], [1]) == ([1], {})
    assert bind_inputs(["x"], ["a"], [1]) == ([1], {})
    assert bind_inputs(["ids", "embedded"], ["embedded"], [1]) == ([], {"embedded": 1})


def test_a_signature_is_written_as_it_was_defined():
    signature = CallSignature.of(lambda tokens, mask=None, training=False: None, ("training",))
    assert str(signature) == "(tokens, mask=None)"
    assert str(signature.without("mask")) == "(tokens)"
    assert signature.refuses("word")
    assert not signature.refuses("mask")
    assert not CallSignature.of(lambda x: None).refuses("words")
    assert not CallSignature.of(lambda a, **others: None).refuses("words")


def test_a_single_parameter_may_hold_all_inputs():
    ways = list(ways_to_call(CallSignature(("batch",), ("batch",)), ["a", "b"], [1, 2]))
    assert ways == [([[1, 2]], {}), ([{"a": 1, "b": 2}], {}), ([(1, 2)], {}), ([1, 2], {})]


def test_the_way_that_succeeded_is_kept_and_the_likeliest_error_raised():
    def takes_mapping(batch):
        return batch["a"] + batch["b"]

    call = Caller(takes_mapping, CallSignature.of(takes_mapping), ["a", "b"])
    assert call([1, 2]) == 3
    assert call([3, 4]) == 7

    def fails(a, b):
        raise ValueError("shapes differ")

    with pytest.raises(ValueError, match="shapes differ"):
        Caller[int](fails, CallSignature.of(fails), ["a", "b"])([1, 2])
