"""Cases, modes and exit codes, on a port small enough to see through."""

import numpy as np
import pytest

from parity.check import Checker, Selection, exit_code, run_all, select
from parity.errors import ParityError
from parity.port import Configuration, InputSet, Pair, Port
from parity.verdict import Verdict


def results(port, **selection):
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection(**selection))
    return list(run_all(checker))


def test_every_configuration_is_a_case(toy):
    found = results(toy())
    assert [(r.layer, r.config, r.mode) for r in found] == [
        ("layer", "default", "isolated"),
        ("layer", "other", "isolated"),
    ]
    assert exit_code(found) == 0


def test_a_mismatch_exits_with_1(toy):
    found = results(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))
    assert found[0].verdict is Verdict.DIFFERENT
    assert exit_code(found) == 1


def test_a_candidate_that_fails_is_not_compared_and_exits_with_2(toy):
    def broken(x):
        raise ValueError("no such axis\nand more")

    (first, *_) = found = results(toy(broken))
    assert first.verdict is Verdict.NOT_COMPARED
    assert first.notes == ("the candidate failed in float32: ValueError: no such axis",)
    assert exit_code(found) == 2


def test_nothing_selected_exits_with_2():
    assert exit_code([]) == 2


def test_no_output_at_all_is_not_compared(toy, run_case):
    assert run_case(toy(lambda x: {}, lambda x: {})).verdict is Verdict.NOT_COMPARED


def test_a_side_without_float64_is_said_and_judged_by_the_weaker_bound(toy, run_case):
    def single_only(x):
        if x.dtype == np.float64:
            raise NotImplementedError("this kernel has no double precision")
        return {"mean": x.mean(-1), "scaled": x / 3}

    case = run_case(toy(single_only))
    assert case.verdict is Verdict.EQUIVALENT
    assert case.notes == (
        "no float64 run, the bound is a weaker one: the candidate failed in float64: "
        "NotImplementedError: this kernel has no double precision",
    )
    assert all("no float64 run" in output.reason for output in case.outputs)


def test_selection_names_the_near_layer_and_configuration(toy):
    with pytest.raises(ParityError, match=r"unknown layer 'lair'; did you mean layer\?"):
        select(toy(), Selection(layers=("lair",)))
    with pytest.raises(
        ParityError, match=r"unknown configuration 'defualt'; did you mean default\?"
    ):
        select(toy(), Selection(configs=("defualt",)))


def test_configurations_may_be_named_with_wildcards(toy):
    chosen = select(toy(), Selection(configs=("d*",)))
    assert [config.name for _, config in chosen] == ["default"]


@pytest.fixture
def two_stages(toy):
    """A whole of two layers, the second fed with what the first gives."""

    def build(second_of_candidate):
        def whole(second):
            return lambda x: {"first": x + 1, "second": second(x + 1)}

        def right(x):
            return x * 2

        def pair(layer, reference, candidate, inputs, stages=()):
            return Pair(
                layer,
                toy(reference=reference).pairs[0].reference,
                toy(candidate=candidate).pairs[0].candidate,
                (Configuration("default", {}),),
                inputs,
                stages=stages,
            )

        def load(source, seed, count):
            return InputSet("ones", {"x": np.ones((count, 2), np.float32)})

        return Port(
            "staged",
            (
                pair(
                    "first",
                    lambda x: {"first": x + 1},
                    lambda x: {"first": x + 1},
                    lambda given: given.inputs.arrays,
                    ("first",),
                ),
                pair(
                    "second",
                    lambda x: {"second": right(x)},
                    lambda x: {"second": second_of_candidate(x)},
                    lambda given: {"x": given.stages["first"]},
                    ("second",),
                ),
                pair(
                    "whole",
                    whole(right),
                    whole(second_of_candidate),
                    lambda given: given.inputs.arrays,
                ),
            ),
            load,
            whole="whole",
        )

    return build


def test_isolated_and_cascaded_verdicts_stand_side_by_side(two_stages):
    found = {(r.layer, r.mode): r.verdict for r in results(two_stages(lambda x: x * 3))}
    assert found == {
        ("first", "isolated"): Verdict.IDENTICAL,
        ("first", "cascade"): Verdict.IDENTICAL,
        ("second", "isolated"): Verdict.DIFFERENT,
        ("second", "cascade"): Verdict.DIFFERENT,
        ("whole", "isolated"): Verdict.DIFFERENT,
    }


def test_an_isolated_layer_is_fed_the_references_own_stage(two_stages):
    port = two_stages(lambda x: x * 2)
    (case,) = results(port, layers=("second",), modes=("isolated",))
    assert case.verdict is Verdict.IDENTICAL
    assert case.outputs[0].scale == 4.0
