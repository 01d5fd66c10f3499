"""A candidate that raises is diagnosed by other inputs, its weights, or its own message."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.declaring.known_bug import ChangedInputs, KnownBug, OtherOptions
from parity.declaring.port import Built, Configuration, Side
from parity.declaring.weight import Weight
from parity.diagnosing.raising import names_option
from parity.report.diagnosis import lines
from tests.parity.diagnosing.small_ports import (
    LARGE,
    REFUSED,
    SQUARED,
    diagnose_port,
    drawn,
    make_port,
    names,
    numpy_side,
    squared_unless,
)


def test_a_refusal_is_named_if_the_sides_agree_without_the_refused_inputs():
    wrong = numpy_side(squared_unless(lambda x: x > 2))
    diagnosis = diagnose_port(make_port(SQUARED, wrong, {"x": LARGE}, known_bugs=(REFUSED,)))
    assert names(diagnosis) == [REFUSED.name]
    assert "without these inputs, both sides agree" in lines(diagnosis)[-1]
    diagnosis = diagnose_port(make_port(SQUARED, wrong, {"x": LARGE}))
    assert not diagnosis.root_causes
    assert "not such numbers" in lines(diagnosis)[0]


def test_a_refusal_is_not_named_if_the_candidate_refuses_more_or_differs():
    for wrong in (squared_unless(lambda x: x > 1.5), lambda o, x: {"y": x[x > 2][5]}):
        port = make_port(SQUARED, numpy_side(wrong), {"x": LARGE}, known_bugs=(REFUSED,))
        assert not diagnose_port(port).root_causes
    cubed = numpy_side(lambda o, x: {"y": x**3} if x.max() <= 2 else {"y": x[9]})
    port = make_port(SQUARED, cubed, {"x": LARGE}, known_bugs=(REFUSED,))
    assert REFUSED.name not in names(diagnose_port(port))


def test_a_candidate_that_raises_as_its_inputs_are_exchanged():
    inputs = {"table": drawn(4, 3), "places": np.arange(12).reshape(4, 3) % 3}
    right = numpy_side(lambda options, table, places: {"y": table * (places + 1) ** 2})

    def exchanged(options, table, places):
        table, places = places, table
        if places.dtype != np.int64:
            raise TypeError("places must be int64")
        return {"y": table * (places + 1) ** 2}

    wrong = numpy_side(exchanged)
    assert names(diagnose_port(make_port(right, wrong, inputs))) == [
        "inputs exchanged (table and places)"
    ]


def test_a_candidate_that_raises_on_inputs_exchanged_or_not():
    def exchanged(options, table, places):
        if places.dtype != np.int64:
            raise TypeError("places must be int64")
        raise TypeError("nor so")

    right = numpy_side(lambda options, table, places: {"y": table * (places + 1) ** 2})
    inputs = {"table": drawn(4, 3), "places": np.arange(12).reshape(4, 3) % 3}
    assert not diagnose_port(make_port(right, numpy_side(exchanged), inputs)).root_causes


def test_a_candidate_that_raises_is_run_on_zeros_and_ones():
    wrong = numpy_side(squared_unless(lambda x: abs(x) > 9))
    misread = KnownBug(
        34,
        "float64 bytes read as float32",
        "x",
        ChangedInputs(lambda a: {"x": a["x"].astype("<f8").view("<f4")[:8]}),
    )
    diagnosis = diagnose_port(make_port(SQUARED, wrong, {"x": drawn(8)}), bug=misread)
    assert diagnosis.zeros_and_ones
    assert names(diagnosis) == [misread.name]
    assert not diagnosis.certain
    assert lines(diagnosis)[-1].endswith("shown only on inputs of 0 and 1")
    assert "on inputs of 0 and 1: first difference in y" in lines(diagnosis)[0]


KINDS = tuple(Configuration(kind, {"kind": kind}) for kind in ("plain", "double", "triple"))


def kinds(options, dtype):
    """Two kinds have weights of one shape, the first of another."""
    factor = {"plain": 1, "double": 2, "triple": 3}[options["kind"]]
    width = 2 if options["kind"] == "plain" else 3
    kernel = torch.zeros(4, width, dtype=getattr(torch, dtype), requires_grad=True)
    return Built(lambda given: {"y": factor * (given["x"] @ kernel)}, {"kernel": kernel})


def weights_of(options):
    return (Weight("kernel", (4, 2 if options["kind"] == "plain" else 3), ("kernel",)),)


def port_of_kinds(candidate):
    port = make_port(Side("torch", kinds), candidate, {"x": drawn(5, 4)}, KINDS)
    return replace(port, pairs=(replace(port.pairs[0], weights=weights_of),))


@pytest.mark.parametrize("kind", ["double", "triple"])
def test_options_with_weights_of_one_shape_are_distinguished_by_giving_both_sides_those(kind):
    bug = KnownBug(None, f"option kind = {kind}", "should be plain", OtherOptions({"kind": kind}))
    diagnosis = diagnose_port(port_of_kinds(Side("torch", kinds)), bug=bug)
    assert names(diagnosis) == [bug.name]
    assert diagnosis.certain
    assert "with weights for this option, the sides differ by" in lines(diagnosis)[-1]


def test_an_option_that_changes_the_weights_is_found_in_a_port_that_has_it_built_in():
    """As in a check, where no right candidate shows which options there are."""
    built_in = Side("torch", lambda options, dtype: kinds({"kind": "triple"}, dtype))
    assert names(diagnose_port(port_of_kinds(built_in))) == [
        "option kind = triple (should be plain)"
    ]


HEADS = (Configuration("four", {"heads": 4}), Configuration("three", {"heads": 3}))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("the width is 8, which heads 3 does not divide", ["option heads = 3 (should be 4)"]),
        ("heads=3 asked, where heads=4 would do", []),
        ("heads 30 are too many", []),
        ("no such thing", []),
    ],
)
def test_an_option_that_cannot_be_built_is_named_by_the_candidates_own_message(message, expected):
    def refusing(options, dtype):
        raise ValueError(message)

    right = numpy_side(lambda options, x: {"y": x * options["heads"]})
    port = make_port(right, Side("numpy", refusing), {"x": drawn(4)}, HEADS)
    assert names(diagnose_port(port)) == expected


@pytest.mark.parametrize(
    "message", ["heads 3", "heads is 3", "heads: 3", "heads='3'", "heads == 3"]
)
def test_a_message_names_an_option_in_many_ways(message):
    assert names_option(message, "heads", 3, 4)
    assert not names_option(message, "heads", 4, 3)
    assert not names_option(message, "heads", 3, 3)
    assert not names_option(message.replace("heads", "forks"), "heads", 3, 4)
