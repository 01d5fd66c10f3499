"""A candidate's own options are those that it reads."""

from dataclasses import replace

import numpy as np
import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.known_bug import OtherOptions
from parity.declaring.port import Built, Configuration, Side
from parity.known_bugs.options import generate_option_bugs, read_options


def power(x, exponent):
    return {"y": x**exponent}


def side(build):
    return Side("numpy", build)


def while_built(given, dtype):
    exponent = given["exponent"]
    return Built(lambda inputs: power(inputs["x"], exponent))


def while_run(given, dtype):
    return Built(lambda inputs: power(inputs["x"], given["exponent"]))


def by_keyword(given, dtype):
    def call(inputs, exponent, length):
        return power(inputs["x"], exponent)

    return Built(lambda inputs: call(inputs, **given))


def not_at_all(given, dtype):
    assert "exponent" in given
    return Built(lambda inputs: power(inputs["x"], 2))


def raising(given, dtype):
    raise ValueError("no such thing")


CONFIGS = (
    Configuration("squares", {"exponent": 2, "length": 5}),
    Configuration("cubes", {"exponent": 3, "length": 9}),
)


@pytest.fixture
def case(toy):
    """A pair of a candidate, and the task of its first configuration."""

    def make(build):
        port = toy()
        pair = replace(port.pairs[0], configs=CONFIGS, candidate=side(build))
        checker = Checker(port, port.load_inputs(None, 1, 3), Selection())
        return pair, checker.task(pair, CONFIGS[0])

    return make


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (while_built, {"exponent"}),
        (while_run, {"exponent"}),
        (by_keyword, {"exponent", "length"}),
        (not_at_all, set()),
        (raising, {"exponent", "length"}),
    ],
)
def test_options_are_a_candidates_own_if_it_reads_them(case, build, expected):
    assert read_options(*case(build)) == expected


def test_only_options_in_use_are_planted_with_each_other_value(case):
    pair, _ = case(while_built)
    (found,) = generate_option_bugs(pair, CONFIGS[0], frozenset({"exponent"}))
    assert found.change == OtherOptions({"exponent": 3, "length": 5})
    assert found.name == "option exponent = 3 (should be 2)"


def test_gmvp_layers_do_not_read_the_options_of_others(gmvp):
    pair = gmvp.pair("gru_cell")
    (config,) = (c for c in pair.configs if c.name == "training-masks")
    width = {"d_fc": config.options["d_fc"], "d_model": config.options["d_model"]}
    random = np.random.default_rng(1)
    drawn = {"inputs": width["d_fc"], "state": width["d_model"]}
    inputs = {
        name: random.normal(size=(2, size)).astype(np.float32) for name, size in drawn.items()
    }
    weights = pair.weights(config.options)
    from parity.declaring.inputs import draw_weights
    from parity.declaring.trace import Task

    task = Task(config.options, inputs, draw_weights(weights, 1), weights, (), 1)
    assert read_options(pair, task) == {"d_fc", "d_model"}
