"""The catalogue collects what a pair allows, and nothing that would change nothing."""

from dataclasses import replace

import numpy as np
import pytest

from parity.declaring.known_bug import ChangedInputs, KnownBug
from parity.known_bugs.catalogue import TITLES, UNNUMBERED, generate_known_bugs, title
from tests.parity.diagnosing.small_ports import (
    DEFAULT,
    drawn,
    make_port,
    make_task,
    numpy_side,
    torch_side,
)

SIDE = torch_side(lambda x: x.mean(-1))
INPUTS = {"x": drawn(4, 3), "y": drawn(4, 6)[:, ::2].copy()}


def found(port, **given):
    pair, task = port.pairs[0], make_task(port)
    outputs = {"y": np.arange(4.0)}
    return generate_known_bugs(port, pair, DEFAULT[0], task, outputs, False, **given)


def own_bug(**where):
    return KnownBug(None, "own", "x", ChangedInputs(lambda inputs: {"x": -inputs["x"]}), **where)


def test_titles():
    assert title(1) == "kernel not transposed"
    assert title(None) == UNNUMBERED
    with pytest.raises(KeyError):
        title(4)


def test_every_kind_of_bug_is_found_and_every_number_has_a_title():
    port = make_port(SIDE, SIDE, {"x": drawn(4, 3)}, known_bugs=(own_bug(layer="layer"),))
    bugs = found(port)
    assert bugs[0].what == "own"
    names = {bug.name for bug in bugs}
    assert "first row's values for every row (x)" in names
    assert "rows reversed (y)" in names
    assert any(name.startswith("mean as a sum") for name in names)
    assert {bug.number for bug in bugs} - {None} <= TITLES.keys()


def test_a_bug_that_changes_nothing_is_left_out():
    port = make_port(SIDE, SIDE, {"x": np.ones((4, 3), np.float32)})
    names = {bug.name for bug in found(port)}
    assert "mask inverted (x)" in names
    assert "mask ignored, as if all 1 (x)" not in names
    assert "first row's values for every row (x)" not in names


@pytest.mark.parametrize(
    ("where", "planted"),
    [
        ({"layer": "layer"}, True),
        ({"layer": "layer", "config": "default"}, True),
        ({"layer": "layer", "config": "other"}, False),
        ({"layer": "other"}, False),
    ],
)
def test_a_ports_own_bugs_belong_to_a_layer_and_a_configuration(where, planted):
    port = make_port(SIDE, SIDE, {"x": drawn(4, 3)}, known_bugs=(own_bug(**where),))
    assert any(bug.what == "own" for bug in found(port)) is planted


def test_samples_allow_only_the_ports_own_bugs():
    port = make_port(SIDE, SIDE, {"x": drawn(4, 3)}, known_bugs=(own_bug(layer="layer"),))
    pair = replace(port.pairs[0], distributions=("y",))
    assert [bug.what for bug in found(replace(port, pairs=(pair,)))] == ["own"]


def test_options_that_the_right_candidate_reads_may_be_wrong():
    side = numpy_side(lambda options, x: {"y": x.mean(-1) * options["by"]})
    configs = tuple(replace(DEFAULT[0], name=str(by), options={"by": by}) for by in (2, 3))
    port = make_port(side, side, {"x": drawn(4, 3)}, configs)
    task = make_task(port)
    outputs = {"y": np.arange(4.0)}
    for read, expected in ((None, ["option by = 3 (should be 2)"]), (frozenset(), [])):
        bugs = generate_known_bugs(port, port.pairs[0], configs[0], task, outputs, False, read)
        assert [bug.name for bug in bugs if bug.what.startswith("option")] == expected


def test_a_diagnosis_is_not_given_two_bugs_that_change_inputs_alike():
    def swapped(inputs):
        return {"x": inputs["y"], "y": inputs["x"]}

    own = KnownBug(None, "swapped by the port", "x, y", ChangedInputs(swapped), layer="layer")
    port = make_port(SIDE, torch_side(lambda x, y: x.mean(-1) - y.mean(-1)), INPUTS)
    port = replace(port, known_bugs=(own,))
    pair, task = port.pairs[0], make_task(port)
    bugs = generate_known_bugs(port, pair, DEFAULT[0], task, {"y": np.arange(4.0)}, True)
    assert [bug.what for bug in bugs if "swapped" in bug.what or "exchanged" in bug.what] == [
        "swapped by the port"
    ]
