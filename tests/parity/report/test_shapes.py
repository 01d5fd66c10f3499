"""The table of `parity shapes`, and its exit code."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.errors import ParityError, UnavailableError
from parity.report.shapes import print_shapes


def shown(port, **selection):
    """Return the exit code and the lines."""
    stream = io.StringIO()
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection(**selection))
    code = print_shapes(Console(file=stream, width=30), checker)
    return code, stream.getvalue().splitlines()


def raising(error):
    def function(x):
        raise error

    return function


def test_shapes_stand_side_by_side(toy):
    code, lines = shown(toy(), configs=("default",))
    assert code == 0
    assert lines[0] == "layer  default"
    assert lines[1].split() == ["name", "axes", "numpy", "numpy"]
    assert lines[2].split() == ["output", "mean", "5", "5"]
    assert lines[3].split() == ["output", "scaled", "5×7", "5×7"]
    assert "DIFFERENT" not in "".join(lines)


def test_shapes_that_differ_are_marked_and_each_configuration_is_shown(toy):
    code, lines = shown(toy(lambda x: {"mean": x.mean(-1, keepdims=True), "scaled": x}))
    assert code == 1
    assert [line for line in lines if line.startswith("layer")] == [
        "layer  default",
        "layer  other",
    ]
    assert [line.split()[1] for line in lines if line.endswith("DIFFERENT")] == ["mean", "mean"]


def test_a_layer_that_cannot_run_is_2_unless_another_differs(toy):
    code, lines = shown(toy(raising(ParityError("no such axis"))))
    assert code == 2
    assert lines[1].startswith("  not run: ")
    assert "no such axis" in lines[1]
    wrong = toy(lambda x: {"mean": x, "scaled": x})
    (pair,) = toy(raising(ParityError("no"))).pairs
    port = replace(wrong, pairs=(*wrong.pairs, replace(pair, layer="second")))
    assert shown(port)[0] == 1


def test_a_framework_that_is_not_installed_ends_it(toy):
    with pytest.raises(UnavailableError):
        shown(toy(raising(UnavailableError("no torch"))))
