"""Layers in bfloat16: judged by float64 where the factory honours the dtype, else by their bits."""

import numpy as np
import pytest

from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.judging.verdict import Verdict


def port(reference, candidate, width=4):
    def load(source, seed, count):
        random = np.random.default_rng(seed)
        return InputSet("drawn", {"x": random.normal(size=(count, width)).astype(np.float32)})

    pair = Pair(
        "layer",
        Side("tensorflow", lambda options, dtype: Built(reference(dtype))),
        Side("torch", lambda options, dtype: Built(candidate(dtype))),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
    )
    return Port("half", (pair,), load)


def tripled_in_tensorflow(always):
    def make(dtype):
        import tensorflow as tf

        held = tf.bfloat16 if always or dtype == "float32" else tf.float64
        return lambda inputs: {"y": tf.cast(inputs["x"], held) * 3}

    return make


def times_in_torch(always, factor=3):
    def make(dtype):
        import torch

        held = torch.bfloat16 if always or dtype == "float32" else torch.float64
        return lambda inputs: {"y": inputs["x"].to(held) * factor}

    return make


def test_float64_judges_where_it_can(run_case):
    case = run_case(port(tripled_in_tensorflow(False), times_in_torch(False)))
    assert case.verdict.passes
    assert case.outputs[0].ref_dtype == case.outputs[0].cand_dtype == "bfloat16"
    assert case.outputs[0].max_abs_err_64 == 0
    wrong = run_case(port(tripled_in_tensorflow(False), times_in_torch(False, 3 + 1e-6)))
    assert wrong.verdict is Verdict.DIFFERENT


def test_without_float64_the_same_bits_pass_and_others_are_held_to_a_stated_bound(run_case):
    case = run_case(port(tripled_in_tensorflow(True), times_in_torch(True)))
    assert case.verdict is Verdict.IDENTICAL
    assert "no float64 run; bound" in case.outputs[0].reason
    assert "from bfloat16" in case.outputs[0].reason
    wrong = run_case(port(tripled_in_tensorflow(True), times_in_torch(True, 3.5)))
    assert wrong.verdict is Verdict.DIFFERENT


def test_where_a_bound_would_tell_nothing_that_is_said(run_case):
    case = run_case(port(tripled_in_tensorflow(True), times_in_torch(True, 3.1), width=500))
    assert case.verdict is Verdict.NOT_COMPARED
    assert (
        case.outputs[0].reason
        == "no float64 run, and no useful bound in bfloat16 for sums of 500 terms"
    )


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_another_precision_on_one_side_is_structure(run_case, dtype):
    def single(run_dtype):
        return lambda inputs: {"y": inputs["x"] * 3}

    sides = (single, times_in_torch(True)) if dtype == "bfloat16" else (
        tripled_in_tensorflow(True), single,
    )  # fmt: skip
    case = run_case(port(*sides))
    assert case.verdict is Verdict.STRUCTURE
    assert case.outputs[0].reason.startswith(f"dtype {dtype}, expected ")
