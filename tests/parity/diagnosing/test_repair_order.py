"""The order of repairs, and which are tried together."""

import pytest

from parity.declaring.known_bug import KnownBug, OtherOperation
from parity.diagnosing.repair_order import is_among, moved, of_one_call, rank_of


def of_call(kind, index, way=""):
    return KnownBug(None, "", "", OtherOperation(kind, index, way))


@pytest.mark.parametrize(("kind", "way"), [("relu", "left out"), ("tanh", "followed by relu")])
def test_one_change_alone_moves_nothing(kind, way):
    assert list(moved([of_call(kind, 0, way)])) == []


def test_functions_that_are_rarely_forgotten_come_last():
    ways = ["followed by mish", "followed by relu", "over axis 1 of 2", "as a quotient"]
    ways += ["with h in place of its input", "plus 0.1, as in the reference"]
    ways += ["with eps 0.1, as in the reference"]
    assert sorted(ways, key=lambda way: rank_of(of_call("exp", 0, way))) == [
        "with eps 0.1, as in the reference",
        "followed by relu",
        "over axis 1 of 2",
        "plus 0.1, as in the reference",
        "followed by mish",
        "as a quotient",
        "with h in place of its input",
    ]


def test_a_call_is_not_changed_in_two_ways_at_once():
    one = of_call("exp", 0, "as expm1")
    assert of_one_call(one, of_call("exp", None))
    assert not of_one_call(one, of_call("exp", 1))


def test_a_bug_is_among_calls_by_kind_and_number():
    assert is_among(of_call("exp", 1), {("exp", 1)})
    assert not is_among(of_call("exp", 0), {("exp", 1)})
