"""Cases, modes and exit codes, on a port small enough to see through."""

import time
from dataclasses import replace

import numpy as np
import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Configuration, Pair, Port
from parity.declaring.weight import Weight
from parity.errors import ParityError
from parity.judging.verdict import Verdict, exit_code


def results(port, **selection):
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection(**selection))
    return [checker.run(pair, config, m) for pair, config, modes in checker.cases() for m in modes]


def test_every_configuration_is_a_case(toy):
    found = results(toy())
    assert [(r.layer, r.config, r.mode) for r in found] == [
        ("layer", "default", "isolated"),
        ("layer", "other", "isolated"),
    ]
    assert exit_code(case.verdict for case in found) == 0


def test_a_mismatch_exits_with_1(toy):
    found = results(toy(lambda x: {"mean": x.mean(-1), "scaled": x / 2}))
    assert found[0].verdict is Verdict.DIFFERENT
    assert exit_code(case.verdict for case in found) == 1


def test_a_candidate_that_fails_is_not_compared_and_exits_with_2(toy):
    def broken(x):
        raise ValueError("no such axis\nand more")

    (first, *_) = found = results(toy(broken))
    assert first.verdict is Verdict.NOT_COMPARED
    assert first.notes == ("the candidate failed in float32: ValueError: no such axis",)
    assert exit_code(case.verdict for case in found) == 2


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
        "no float64 run, so the bound is weaker: the candidate failed in float64: "
        "NotImplementedError: this kernel has no double precision",
    )
    assert all("no float64 run" in output.reason for output in case.outputs)


@pytest.fixture
def two_intermediates(toy):
    """A whole of two layers, the second fed with what the first gives."""

    def build(second_of_candidate):
        def whole(second):
            return lambda x: {"first": x + 1, "second": second(x + 1)}

        def right(x):
            return x * 2

        def pair(layer, reference, candidate, inputs, intermediates=()):
            return Pair(
                layer,
                toy(reference=reference).pairs[0].reference,
                toy(candidate=candidate).pairs[0].candidate,
                (Configuration("default", {}),),
                inputs,
                intermediates=intermediates,
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
                    lambda given: {"x": given.intermediates["first"]},
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


def test_isolated_and_cascaded_verdicts_stand_side_by_side(two_intermediates):
    found = {(r.layer, r.mode): r.verdict for r in results(two_intermediates(lambda x: x * 3))}
    assert found == {
        ("first", "isolated"): Verdict.IDENTICAL,
        ("first", "cascade"): Verdict.IDENTICAL,
        ("second", "isolated"): Verdict.DIFFERENT,
        ("second", "cascade"): Verdict.DIFFERENT,
        ("whole", "isolated"): Verdict.DIFFERENT,
    }


def test_an_isolated_layer_is_fed_the_references_own_intermediate(two_intermediates):
    port = two_intermediates(lambda x: x * 2)
    (case,) = results(port, layers=("second",), modes=("isolated",))
    assert case.verdict is Verdict.IDENTICAL
    assert case.outputs[0].scale == 4.0


def test_a_whole_model_that_fails_or_runs_out_of_time_is_not_run_again(two_intermediates):
    runs = []

    def slow(x):
        runs.append(len(x))
        if len(runs) > 1:
            while True:
                time.sleep(0.01)
        return x * 2

    port = two_intermediates(slow)
    checker = Checker(port, port.load_inputs(None, 1, 5), Selection(layers=("whole", "second")))
    checker.timeout = 0.3
    whole = checker.run(port.pair("whole"), port.pairs[0].configs[0], "isolated")
    before = len(runs)
    cascade = checker.run(port.pair("second"), port.pairs[0].configs[0], "cascade")
    assert whole.verdict is cascade.verdict is Verdict.NOT_COMPARED
    assert len(runs) == before
    assert "the whole model ran out of time" in cascade.notes[0]


# Ports that a reviewer got past an earlier form of the engine, each wrong in its own way.


def cancelling(x):
    """E[x^2] - E[x]^2 of numbers far from zero: float32 is worthless, and float64 poor."""
    far = x + x.dtype.type(3e7)
    return {"variance": (far**2).mean(-1) - far.mean(-1) ** 2}


def test_where_float32_says_nothing_a_negated_output_does_not_pass(toy, run_case):
    wrong = toy(lambda x: {"variance": -cancelling(x)["variance"]}, cancelling)
    assert not run_case(wrong).verdict.passes


def vanishing(x):
    """A sum that is zero but for rounding, as gradients are that a softmax cannot tell."""
    return {"zero": (x - x.mean(-1, keepdims=True)).sum(-1)}


def vanishing_in_another_order(x):
    return {"zero": (x - x[:, ::-1].mean(-1, keepdims=True))[:, ::-1].sum(-1)}


def test_what_is_zero_but_for_rounding_on_both_sides_passes(toy, run_case):
    assert run_case(toy(vanishing_in_another_order, vanishing)).verdict.passes


def test_where_one_side_is_not_zero_it_does_not(toy, run_case):
    off = toy(lambda x: {"zero": vanishing(x)["zero"] + x.dtype.type(1e-7)}, vanishing)
    assert not run_case(off).verdict.passes


def test_without_float64_a_long_axis_earns_no_bound(toy, run_case):
    def long(x):
        return {"y": np.repeat(x, 100_000, axis=-1)}

    def negated_in_float32_alone(x):
        if x.dtype == np.float64:
            raise NotImplementedError
        return {"y": -long(x)["y"]}

    assert not run_case(toy(negated_in_float32_alone, long)).verdict.passes


def test_a_side_that_exits_is_not_compared(toy, run_case):
    def leaving(x):
        raise SystemExit(0)

    case = run_case(toy(leaving))
    assert case.verdict is Verdict.NOT_COMPARED
    assert case.notes == ("the candidate failed in float32: SystemExit: 0",)


def test_weights_that_nobody_holds_are_structure(toy, swap, run_case):
    port = swap(toy(), "layer", weights=lambda options: (Weight("w", (2,), ("w",)),))
    case = run_case(port)
    assert case.verdict is Verdict.STRUCTURE
    assert "is a plain numpy function and cannot have weights" in case.notes[0]


def test_a_candidate_that_changes_its_input_changes_nothing_else(toy, run_case):
    def mean_of(x):
        return {"mean": x.mean(-1)}

    def in_place(x):
        x += 1
        return mean_of(x)

    assert run_case(toy(in_place, mean_of)).verdict is Verdict.DIFFERENT
    assert run_case(toy(mean_of, mean_of)).verdict is Verdict.IDENTICAL


def test_nan_in_float64_alone_is_not_compared(toy, run_case):
    def broken_in_double(x):
        return {"y": x if x.dtype == np.float32 else np.where(x > 0, np.nan, x)}

    assert run_case(toy(broken_in_double, broken_in_double)).verdict is Verdict.NOT_COMPARED


def test_perturbed_runs_across_a_threshold_do_not_excuse_the_candidate(toy, run_case):
    """A zero is exact; moved to the next number it would cross the threshold."""

    def step(x):
        return {"y": ((x * 0 > 0) + x * 0 + 1).astype(x.dtype)}

    def careless(x):
        return {"y": (step(x)["y"] - (0.2 if x.dtype == np.float32 else 0)).astype(x.dtype)}

    assert run_case(toy(careless, step)).verdict is Verdict.IMPRECISE


def test_a_layer_named_must_be_checked(toy):
    with pytest.raises(
        ParityError, match="none of the selected layers can be checked in mode cascade"
    ):
        results(toy(), layers=("layer",), modes=("cascade",))


def test_a_layer_without_the_configuration_named_is_an_error(two_intermediates):
    port = two_intermediates(lambda x: x * 2)
    other = replace(port.pairs[0], configs=(Configuration("other", {}),))
    port = replace(port, pairs=(other, *port.pairs[1:]))
    with pytest.raises(ParityError, match="layer 'first' has no configuration default; it has oth"):
        results(port, layers=("first", "second"), configs=("default",))


def test_an_intermediate_that_the_whole_model_has_not_is_structure(two_intermediates):
    port = two_intermediates(lambda x: x * 2)
    lost = replace(port.pairs[0], intermediates=("first", "bogus"))
    port = replace(port, pairs=(lost, *port.pairs[1:]))
    (case,) = results(port, layers=("first",), modes=("cascade",))
    assert case.verdict is Verdict.STRUCTURE
    assert case.notes == ("the whole model has no intermediate bogus",)


def test_gradients_that_cannot_be_taken_are_said(toy, run_case):
    assert "no gradients" in run_case(toy(), gradients=True).notes[0]


def test_a_declaration_that_fails_is_named(toy, swap, run_case):
    def inputs(given):
        raise KeyError("feature")

    case = run_case(swap(toy(), "layer", inputs=inputs))
    assert case.verdict is Verdict.NOT_COMPARED
    assert case.notes == ("the declaration of layer failed: KeyError: 'feature'",)


def test_what_is_said_of_one_case_is_not_said_of_another(two_intermediates):
    """The whole model's runs are shared: a note on the whole must not turn up in each cascade."""

    def careless(x):
        return (x * 2 + (0.01 if x.dtype == np.float32 else 0)).astype(x.dtype)

    port = two_intermediates(careless)
    found = {(r.layer, r.mode): r.notes for r in results(replace(port, pairs=port.pairs[::-1]))}
    assert "sampled" in found["whole", "isolated"][0]
    assert "sampled" in found["second", "cascade"][0]
    assert len(found["second", "cascade"]) == 1
    assert found["first", "cascade"] == ()


def _constant_rows(source, seed, count):
    return InputSet("constant", {"x": np.full((count, 7), 0.1, np.float32)})


def _exact_deviations(x, tiny=1e-18):
    """Exactly 0 where all are equal; and outputs of other sizes."""
    from_first = x - x[:, :1]
    deviations = from_first - from_first.mean(-1, keepdims=True)
    return {"deviations": deviations, "x": x, "tiny": x * x.dtype.type(tiny)}


def test_what_cancels_exactly_on_one_side_alone_is_no_mistake(toy):
    def plain(x):
        # A seventh is no number of either dtype: what is left is the rounding of the mean.
        mean = (x * x.dtype.type(1 / 7)).sum(-1, keepdims=True)
        return {**_exact_deviations(x), "deviations": x - mean}

    port = replace(toy(plain, _exact_deviations), load_inputs=_constant_rows)
    first = results(port)[0]
    deviations = first.outputs[0]
    assert deviations.scale == 0
    assert deviations.max_abs_err_64 > 0, "the mistake that is none must be there"
    assert deviations.verdict is Verdict.EQUIVALENT, deviations


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: {**_exact_deviations(x), "tiny": x * x.dtype.type(-1e-18)},
        lambda x: {**_exact_deviations(x), "deviations": x * 0 + x.dtype.type(1e-9)},
        lambda x: {**_exact_deviations(x), "deviations": x * 0 + x.dtype.type(1e-14)},
    ],
)
def test_a_small_mistake_does_not_pass_for_what_cancels(toy, wrong):
    port = replace(toy(wrong, _exact_deviations), load_inputs=_constant_rows)
    assert results(port)[0].verdict is Verdict.DIFFERENT


def test_a_side_is_run_once_more_for_all_its_layers(two_intermediates):
    calls = []

    def unsteady(x):
        calls.append(1)
        return x * (2 + len(calls) % 7)

    found = {(r.layer, r.mode): r for r in results(two_intermediates(unsteady))}
    for case in (("second", "cascade"), ("whole", "isolated")):
        assert found[case].verdict is Verdict.DIFFERENT
        assert any("the candidate is not deterministic" in note for note in found[case].notes)
    assert found["first", "cascade"].verdict is Verdict.IDENTICAL
    # Alone: two runs, and one more. The whole model: as many, for the layer and for itself.
    assert len(calls) == 6
