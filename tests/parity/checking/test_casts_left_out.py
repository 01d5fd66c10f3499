"""Casts to float32 left out of float64 runs: no mistake hides behind float32's rounding.

Each mistake is planted into a port whose control passes with the same casts.
"""

import numpy as np
import pytest
import torch

from parity.checking.casts_left_out import WithoutCasts
from parity.declaring.port import Built, Side
from parity.declaring.weight import Weight
from parity.judging.verdict import OutputResult, Verdict
from tests.parity.checking.plain_functions import (
    check,
    drawn,
    failing,
    tensorflow_side,
    torch_side,
)


def normalized(x, epsilon=1e-6):
    """Divide by the root of the mean square, in float32 as many language models do."""
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon)).to(x.dtype)


def normalized_throughout(x, epsilon=1e-6):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)


def normalized_by_tensorflow(tf, x, epsilon=1e-6):
    wide = tf.cast(x, tf.float32)
    root = tf.math.rsqrt(tf.reduce_mean(tf.square(wide), -1, keepdims=True) + epsilon)
    return tf.cast(wide * root, x.dtype)


def attended(x, factor=1.0):
    """A softmax that is asked for in float32."""
    scores = x @ x.mT * (factor / 3)
    return torch.softmax(scores, -1, dtype=torch.float32).to(x.dtype) @ x


def deep(x, factor=1.0, layers=20):
    """Many layers in float32: rounding adds up, and so would a weaker bound."""
    wide = x.float()
    for _ in range(layers):
        wide = torch.tanh(1.1 * wide) + 0.1 * wide.roll(1, -1)
    return (wide * factor).to(x.dtype)


def logits(x, temperature=1.0):
    """Float64 throughout, and a cast at the very end."""
    return (torch.tanh(3 * x) / temperature).float()


def casting(x, factor=1.0):
    return torch.tanh((3 * x).float() * factor).to(x.dtype).cumsum(-1)


def exact(x):
    return torch.tanh(3 * x).cumsum(-1)


def shifted(x, by=0.0):
    """A cast in a wrong place, before numbers that nearly cancel."""
    return ((x + 2).float() - 2 + by).to(x.dtype)


RIGHT = {
    "cast on both sides": (normalized, normalized),
    "cast on one side": (normalized_throughout, normalized),
    "softmax in float32": (attended, attended),
    "many layers": (deep, deep),
    "cast at the end": (logits, lambda x: torch.tanh(3 * x)),
    "cast by the candidate alone": (exact, casting),
    "cast before a difference": (lambda x: x + 0.0, shifted),
}
WRONG = {
    "epsilon": (normalized, lambda x: normalized(x, 2e-6)),
    "epsilon of the candidate's cast": (normalized_throughout, lambda x: normalized(x, 2e-6)),
    "scale of scores": (attended, lambda x: attended(x, 1 + 1e-6)),
    "1e-5 after many layers": (deep, lambda x: deep(x, 1 + 1e-5)),
    "2e-7 after many layers": (deep, lambda x: deep(x, 1 + 2e-7)),
    "temperature": (logits, lambda x: torch.tanh(3 * x) / (1 + 3e-7)),
    "1e-5 beside the candidate's cast": (exact, lambda x: casting(x, 1 + 1e-5)),
    "5e-7 beside the candidate's cast": (exact, lambda x: casting(x, 1 + 5e-7)),
    "an offset of 3e-7": (lambda x: x + 0.0, lambda x: shifted(x, 3e-7)),
}


@pytest.mark.parametrize(("reference", "candidate"), RIGHT.values(), ids=RIGHT)
def test_a_right_port_agrees_without_its_casts(reference, candidate):
    case = check(torch_side(reference), torch_side(candidate), {"x": drawn(5, 9)})
    assert case.verdict.passes, failing(case)
    assert not any(output.float32_err for output in case.outputs)


@pytest.mark.parametrize(("reference", "candidate"), WRONG.values(), ids=WRONG)
def test_a_mistake_of_float32s_size_is_refused(reference, candidate):
    case = check(torch_side(reference), torch_side(candidate), {"x": drawn(5, 9)})
    assert case.verdict is Verdict.DIFFERENT


def test_the_casts_of_tensorflow_are_left_out_too():
    arrays = {"x": drawn(5, 9)}
    for epsilon, right in ((1e-6, True), (2e-6, False)):
        candidate = torch_side(lambda x, epsilon=epsilon: normalized(x, epsilon))
        case = check(tensorflow_side(normalized_by_tensorflow), candidate, arrays)
        assert case.verdict.passes == right, failing(case)


KERNEL = (Weight("kernel", (9, 4), ("kernel",)),)


def projected(factor=1.0, held=None):
    """Return a layer whose factory ignores the dtype that it receives, if `held` is one."""

    def build(options, dtype):
        kernel = torch.nn.Parameter(torch.zeros(9, 4, dtype=held or getattr(torch, dtype)))

        def call(given):
            return {"y": given["x"].to(kernel.dtype) @ kernel * factor}

        return Built(call, {"kernel": kernel})

    return Side("torch", build)


@pytest.mark.parametrize(("factor", "right"), [(1, True), (1 + 1e-6, False), (1 + 2e-7, False)])
def test_weights_held_in_float32_hide_nothing(factor, right):
    arrays = {"x": drawn(5, 9)}
    case = check(projected(), projected(factor, torch.float32), arrays, KERNEL)
    assert case.verdict.passes == right, failing(case)


def test_a_weight_that_was_widened_is_float32_again():
    kernel = torch.nn.Parameter(torch.zeros(9, 4))
    held = Side(
        "torch",
        lambda options, dtype: Built(
            lambda given: {"y": given["x"].float() @ kernel}, {"kernel": kernel}
        ),
    )
    assert check(projected(), held, {"x": drawn(5, 9)}, KERNEL).verdict.passes
    assert kernel.dtype == torch.float32


def test_variables_held_in_float32_hide_nothing():
    def scaled(factor):
        def build(options, dtype):
            import tensorflow as tf

            kernel = tf.Variable(np.zeros((9, 4), np.float32))
            return Built(
                lambda given: {"y": tf.cast(given["x"], tf.float32) @ kernel * factor},
                {"kernel": kernel},
            )

        return Side("tensorflow", build)

    arrays = {"x": drawn(5, 9)}
    assert check(scaled(1.0), projected(), arrays, KERNEL).verdict.passes
    assert check(scaled(1 + 1e-6), projected(), arrays, KERNEL).verdict.mismatch


def test_the_note_says_what_was_left_out():
    case = check(torch_side(exact), torch_side(casting), {"x": drawn(4, 9)})
    (note,) = [note for note in case.notes if note.startswith("float32 inside")]
    assert "the candidate computes _to_copy, test_casts_left_out.py:" in note
    assert note.endswith("without these casts the float64 runs agree")
    wrong = torch_side(lambda x: casting(x, 1 + 5e-7))
    case = check(torch_side(exact), wrong, {"x": drawn(4, 9)})
    (note,) = [note for note in case.notes if note.startswith("float32 inside")]
    assert "not judged by a weaker bound, as y" in note


def test_a_step_that_only_float32_makes_even_is_no_mistake():
    """0.1 * 30 is above 3 in float64, and 3 in float32 on either side."""

    def whole(x):
        return (x + (x * 0.1).float().floor()).to(x.dtype) * (1 / 3)

    def other(x):
        return (x + (x / 10).float().floor()).to(x.dtype) / 3

    arrays = {"x": np.arange(0, 100, 10, dtype=np.float32)}
    case = check(torch_side(whole), torch_side(other), arrays)
    assert case.verdict.passes, failing(case)


def test_a_large_difference_is_not_hidden_by_an_ill_conditioned_output():
    """One output is off by rounding; the other has a large bound, and a mistake."""

    def outputs(wrong):
        def call(x):
            wide = (3 * x).half().float().to(x.dtype)
            return torch.stack([wide, 1e5 * (wide - wide.mean()) * (1 + wrong)])

        return torch_side(call)

    assert check(outputs(0.0), outputs(1e-2), {"x": drawn(4, 9)}).verdict.mismatch


def result(gap, verdict, error=None):
    return OutputResult(
        "y", verdict, scale=1.0, ref_err=0.0, cand_err=0.0, max_abs_err_64=gap, float32_err=error
    )


@pytest.mark.parametrize(("gap", "refused"), [(1e-7, ["y"]), (1e-3, [])])
def test_only_a_gap_within_the_weaker_bound_refuses(gap, refused):
    without = WithoutCasts(None, [], [], [result(gap, Verdict.DIFFERENT)])
    assert not without.passes
    weaker = result(1e-8, Verdict.EQUIVALENT, 1e-7)
    assert without.refuses([weaker]) == refused
    assert without.refuses([replace_verdict(weaker)]) == []


def replace_verdict(output):
    return result(output.max_abs_err_64, Verdict.DIFFERENT, output.float32_err)
