"""Fuzz target: where the rows of a task are, and what may be changed in it."""

from dataclasses import replace

import numpy as np

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.domains import Domain
from parity.declaring.weight import Weight
from parity.fuzz.target import MOST_ROWS, make_target


def same(**inputs):
    return {"y": next(iter(inputs.values()))}


def test_rows_follow_the_number_of_records(small_port, target_of):
    target = target_of(small_port(same, same, ("x", "codes")))
    assert (target.batch, target.rows) == ({"x": 0, "codes": 0}, 4)
    assert [domain.input for domain in target.domains] == ["x", "codes"]


def test_an_axis_that_keeps_its_length_is_not_an_axis_of_rows(small_port, target_of, swap):
    """Four records and four columns: only the axis that shrinks with the records counts."""
    port = swap(
        small_port(same, same),
        "layer",
        inputs=lambda given: {"x": given.inputs.arrays["x"].T[:4], "fixed": np.zeros((4, 4))},
    )
    assert target_of(port).batch == {"x": 1}


def test_first_axes_of_one_length_are_rows_where_no_axis_follows_the_records(
    small_port, target_of, swap
):
    port = small_port(same, same)
    equal = swap(port, "layer", inputs=lambda given: {"a": np.ones((3, 2)), "b": np.ones(3)})
    assert (target_of(equal).batch, target_of(equal).rows) == ({"a": 0, "b": 0}, 3)
    unequal = swap(port, "layer", inputs=lambda given: {"a": np.ones((3, 2)), "b": np.ones(2)})
    assert (target_of(unequal).batch, target_of(unequal).rows) == ({}, 0)


def test_a_fixed_input_limits_the_rows_to_those_there_are(small_port, target_of):
    assert target_of(small_port(same, same)).most_rows == MOST_ROWS
    fixed = small_port(same, same, domains=(Domain("x", fixed=True),))
    assert target_of(fixed).most_rows == 4


def test_weights_have_names_and_domains_of_their_own(small_port, target_of, swap):
    weights = (Weight("scale", (2,), ("s",), positive=True), Weight("bias", (2,), ("b",)))
    target = target_of(swap(small_port(same, same), "layer", weights=lambda options: weights))
    assert [domain.input for domain in target.domains] == ["x", "weight/scale", "weight/bias"]
    assert [domain.low for domain in target.domains[1:]] == [1e-3, -np.inf]
    assert target.arrays().keys() == {"x", "weight/scale", "weight/bias"}
    assert replace(target, task=replace(target.task, weights={})).arrays().keys() == {"x"}


def test_rows_of_gmvps_pairs(gmvp):
    """Axis 1 of the dropout masks, axis 0 of the inputs beside them, none in the optimizer."""
    checker = Checker(gmvp, gmvp.load_inputs(None, 1, 4), Selection())
    pair = gmvp.pair("gru_cell")
    config = next(c for c in pair.configs if c.name == "training-masks")
    target = make_target(checker, pair, config)
    assert target.batch == {"inputs": 0, "state": 0, "input_masks": 1, "state_masks": 1}
    for layer, rows in (("optimizer", 0), ("windows", 0), ("loss", 18)):
        pair = gmvp.pair(layer)
        assert make_target(checker, pair, pair.configs[0]).rows == rows


def test_a_port_of_one_batch_is_fuzzed_on_as_many_rows(small_port, target_of):
    port = replace(small_port(same, same, ("x", "codes")), batch=4)
    target = target_of(port)
    assert (target.batch, target.least_rows, target.most_rows) == ({"x": 0, "codes": 0}, 4, 4)
