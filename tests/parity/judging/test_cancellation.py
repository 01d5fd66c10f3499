"""What is left of numbers that cancel is rounding; no mistake passes for it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.registry import find
from parity.fuzz.outcome import run_case
from parity.judging.cancellation import Sizes, sizes_of
from parity.judging.verdict import Verdict

Layer = Callable[..., dict[str, np.ndarray]]


def port(reference: Layer, candidate: Layer, **inputs: np.ndarray) -> Port:
    def side(layer: Layer) -> Side:
        return Side("numpy", lambda options, dtype: Built(lambda given: layer(**given)))

    def load(source, seed, count):
        return InputSet("drawn", {n: a.astype(np.float32) for n, a in inputs.items()})

    pair = Pair(
        "layer",
        side(reference),
        side(candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
    )
    return Port("cancelling", (pair,), load)


def outputs(run_case, *declared, **inputs):
    return {output.name: output for output in run_case(port(*declared, **inputs)).outputs}


DRAWN = np.random.default_rng(0).normal(size=(4, 64))
# Where in float32 a gate is 1, and in float64 not quite.
SLOPES = 28.0 + 2 * DRAWN


def by_exp(z):
    return 1 / (1 + np.exp(-z))


def by_tanh(z):
    return (1 + np.tanh(z / 2)) / 2


def gated(gate, factor=1.0):
    """Gradients of a gate that saturates, alone and added to small ones that float32 tells."""

    def layer(z, x):
        small = x * z.dtype.type(1e-6)
        closed = (z.dtype.type(1) - gate(z)) * z.dtype.type(factor)
        return {"beside": np.concatenate([small, closed]), "added": small + closed}

    return layer


def test_a_gate_that_saturates_is_no_alarm_alone_nor_in_a_sum(run_case):
    found = outputs(run_case, gated(by_exp), gated(by_tanh), z=SLOPES, x=DRAWN)
    assert [output for output in found.values() if not output.verdict.passes] == []
    assert "elements are zero up to rounding" in found["beside"].reason
    assert "elsewhere" in found["added"].reason


@pytest.mark.parametrize("factor", [1.1, -1.0])
def test_a_mistake_in_a_gate_that_saturates_is_caught(run_case, factor):
    found = outputs(run_case, gated(by_exp), gated(by_tanh, factor), z=SLOPES, x=DRAWN)
    assert {output.verdict for output in found.values()} == {Verdict.DIFFERENT}


def wrong_by(share):
    """As `gated`, wrong in the small numbers that are added to what saturates."""

    def layer(z, x):
        return gated(by_tanh)(z, x * z.dtype.type(1 + share))

    return layer


def test_a_mistake_beside_a_gate_that_saturates_is_caught(run_case):
    found = outputs(run_case, gated(by_exp), wrong_by(1e-6), z=SLOPES, x=DRAWN)
    assert {output.verdict for output in found.values()} == {Verdict.DIFFERENT}


def test_an_lstm_whose_gates_saturate_is_no_alarm():
    lstm = find("examples/ports/lstm_tagger.py")
    selection = Selection(("recur",), modes=("isolated",), gradients=True, seed=1)
    checker = Checker(lstm, lstm.load_inputs(None, 1, 4), selection)
    pair = lstm.pair("recur")
    task = checker.task(pair, pair.configs[0])
    far = {name: np.full_like(array, -100) for name, array in task.inputs.items()}
    outcome = run_case(pair, replace(task, inputs=far))
    assert outcome.verdict.passes, outcome.reason


def masked(total, offset=0.0):
    """A sum that cancels to nothing, and attention under an additive mask."""

    def layer(x, mask):
        centred = x - x.mean(-1, keepdims=True)
        shifted = x + mask
        powers = np.exp(shifted - shifted.max(-1, keepdims=True))
        return {
            "nothing": total(centred) + x.dtype.type(offset),
            "attention": powers / powers.sum(-1, keepdims=True),
        }

    return layer


@pytest.mark.parametrize("hidden", [0.0, -1e9, float(np.finfo(np.float32).min)])
def test_the_size_of_a_mask_hides_no_mistake(run_case, hidden):
    mask = np.where(DRAWN > 1, hidden, 0.0)
    straight, backwards = (masked(lambda a, s=s: a[..., ::s].sum(-1)) for s in (1, -1))
    right = outputs(run_case, straight, backwards, x=DRAWN, mask=mask)
    assert all(output.verdict.passes for output in right.values())
    wrong = masked(lambda a: a[..., ::-1].sum(-1), 1e-9)
    found = outputs(run_case, straight, wrong, x=DRAWN, mask=mask)
    assert found["nothing"].verdict is Verdict.DIFFERENT


def test_numbers_that_absorb_others_are_not_ordinary():
    assert sizes_of([np.array([1.0, -3.0]), np.array([7])]) == Sizes(3.0, 3.0)
    assert sizes_of([np.array([1.0, -1e9]), np.array([-np.inf, 2.0])]) == Sizes(1e9, 2.0)


def flushed(array: np.ndarray) -> np.ndarray:
    tiny = np.finfo(np.float32).tiny
    return np.where((np.abs(array) < tiny) & (array.dtype == np.float32), 0, array)


@pytest.mark.parametrize("size", [1e-37, 1e-38, 1e-40, 1e-44])
def test_what_is_too_small_for_a_normal_float32_may_be_flushed_to_zero(run_case, size):
    def kept(x):
        return {"y": x * x.dtype.type(0.3)}

    def flushing(x):
        return {"y": flushed(flushed(x) * x.dtype.type(0.3))}

    def wrong(x):
        return {"y": x * x.dtype.type(0.3 * (1 + 1e-6))}

    assert outputs(run_case, kept, flushing, x=DRAWN * size)["y"].verdict.passes
    assert outputs(run_case, flushing, kept, x=DRAWN * size)["y"].verdict.passes
    assert not outputs(run_case, kept, wrong, x=DRAWN * size)["y"].verdict.passes
