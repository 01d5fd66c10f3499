"""Right candidates that round otherwise pass: other orders of summation, seeds and sizes.

Each case is a whole one, both sides in float32 and float64. The verdict is a matter of luck
nowhere: what fails here is a fault of the engine, never of the inputs.
"""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from parity.checking.checker import Checker
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet, draw_weights
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.declaring.weight import Weight
from parity.judging.verdict import Verdict

Sum = Callable[[np.ndarray], np.ndarray]

SIZES = (1, 2, 7, 64, 1000)
SEEDS = range(8)


def straight(terms):
    return terms.sum(-1)


def backwards(terms):
    return terms[..., ::-1].cumsum(-1)[..., -1]


def one_by_one(terms):
    return terms.cumsum(-1)[..., -1]


def by_halves(terms):
    while terms.shape[-1] > 1:
        if terms.shape[-1] % 2:
            terms = np.concatenate([terms, np.zeros_like(terms[..., :1])], -1)
        terms = terms[..., ::2] + terms[..., 1::2]
    return terms[..., 0]


def in_chunks(terms):
    return sum(terms[..., start : start + 5].sum(-1) for start in range(0, terms.shape[-1], 5))


def by_einsum(terms):
    return np.einsum("...i,i->...", terms, np.ones(terms.shape[-1], terms.dtype))


def fused(terms):
    """As if each step were kept in a wider register and rounded once, at the end."""
    wide = np.float64 if terms.dtype == np.float32 else np.longdouble
    return terms.sum(-1, dtype=wide).astype(terms.dtype)


ONE_AFTER_ANOTHER = (backwards, one_by_one)
ORDERS = (*ONE_AFTER_ANOTHER, by_halves, in_chunks, by_einsum, fused)


def layer(total: Sum) -> Callable[..., dict[str, np.ndarray]]:
    """A layer whose sums are made by `total`; two of its outputs cancel, exactly or nearly."""

    def run(x, y):
        size = x.dtype.type(x.shape[-1])
        mean = total(x) / size
        centred = x - mean[..., None]
        variance = total(centred * centred) / size
        powers = np.exp(x - x.max(-1, keepdims=True))
        softmax = powers / total(powers)[..., None]
        return {
            "dot": total(x * y),
            "normed": centred / np.sqrt(variance + x.dtype.type(1e-3))[..., None],
            "softmax": softmax,
            "nothing": total(softmax) - x.dtype.type(1),
            "all but nothing": total(centred),
            "one number": np.asarray(total(total(x * y))),
        }

    return run


def numpy_port(total: Sum, size: int, scale: float) -> Port:
    def load(source, seed, count):
        random = np.random.default_rng([seed, size])
        drawn = {name: random.normal(size=(count, size)) * scale for name in "xy"}
        return InputSet("drawn", {name: array.astype(np.float32) for name, array in drawn.items()})

    def side(summed):
        run = layer(summed)
        return Side("numpy", lambda options, dtype: Built(lambda inputs: run(**inputs)))

    pair = Pair(
        "layer",
        side(straight),
        side(total),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
    )
    return Port("sums", (pair,), load)


def check(port: Port, seed: int, records: int, gradients: bool = False):
    selection = Selection(gradients=gradients, seed=seed)
    checker = Checker(port, port.load_inputs(None, seed, records), selection)
    return checker.run(port.pairs[0], port.pairs[0].configs[0], "isolated")


def sums(total: Sum, sizes: tuple[int, ...]):
    """Every scale, seed and batch; at 10 a softmax is all but decided."""
    return [
        check(numpy_port(total, size, scale), seed, records)
        for size in sizes
        for scale in (1e-6, 1.0, 10.0)
        for seed in SEEDS
        for records in (1, 4)
    ]


@pytest.mark.parametrize("total", ORDERS, ids=lambda total: total.__name__)
def test_no_alarm_whatever_the_order_of_summation(total):
    """1344 cases in all."""
    sizes = SIZES if total not in ONE_AFTER_ANOTHER else SIZES[:-1]
    cases = sums(total, sizes)
    alarms = [case for case in cases if not case.verdict.passes]
    assert len(cases) == 48 * len(sizes)
    assert not alarms, alarms[0]


@pytest.mark.parametrize("total", ONE_AFTER_ANOTHER, ids=lambda total: total.__name__)
def test_a_thousand_terms_one_after_another_are_no_mistake_but_may_be_imprecise(total):
    """They do round more than the reference's sum by halves, and no float32 need be so."""
    verdicts = [o.verdict for case in sums(total, SIZES[-1:]) for o in case.outputs]
    assert Verdict.DIFFERENT not in verdicts
    assert Verdict.STRUCTURE not in verdicts


def test_the_same_cases_do_raise_an_alarm_for_a_term_left_out():
    def without_the_last(terms):
        return straight(terms[..., :-1])

    cases = [
        check(numpy_port(without_the_last, size, 1.0), seed, 4)
        for size in SIZES[1:]
        for seed in SEEDS
    ]
    assert not any(case.verdict.passes for case in cases)


class Net:
    """Relu between two dense layers; `backwards` sums over the inner units in the other order."""

    def __init__(self, dtype: str, backwards: bool) -> None:
        make = {"dtype": getattr(torch, dtype), "requires_grad": True}
        self.backwards = backwards
        self.inner, self.outer = torch.zeros(9, 33, **make), torch.zeros(33, 1, **make)

    def __call__(self, inputs):
        hidden, outer = (inputs["x"] @ self.inner).relu(), self.outer
        if self.backwards:
            hidden, outer = hidden.flip(-1), outer.flip(0)
            terms = hidden[..., None] * outer
            return {"y": terms[:, :16].sum(1) + terms[:, 16:].sum(1)}
        return {"y": hidden @ outer}


def torch_port() -> Port:
    def load(source, seed, count):
        drawn = np.random.default_rng(seed).normal(size=(count, 9))
        return InputSet("drawn", {"x": drawn.astype(np.float32)})

    def side(backwards):
        def build(options, dtype):
            net = Net(dtype, backwards)
            return Built(net, {"inner": net.inner, "outer": net.outer})

        return Side("torch", build)

    weights = (Weight("inner", (9, 33), ("inner",)), Weight("outer", (33, 1), ("outer",)))
    pair = Pair(
        "net",
        side(False),
        side(True),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        weights=lambda options: weights,
    )
    return Port("net", (pair,), load)


@pytest.mark.slow
def test_no_alarm_with_gradients_across_relu():
    cases = [check(torch_port(), seed, records, True) for seed in range(60) for records in (1, 8)]
    alarms = [case for case in cases if not case.verdict.passes]
    assert not alarms, alarms[0]


class AtAKink:
    """Relu of what float32 rounds to one side of 0, and true arithmetic to the other."""

    def __init__(self, dtype: str, off: float, gradient: float = 1.0, of_bias: float = 1.0) -> None:
        make = {"dtype": getattr(torch, dtype), "requires_grad": True}
        self.kernel, self.bias = torch.zeros(3, 5, **make), torch.zeros(5, **make)
        self.off = off if dtype == "float32" else 0.0
        self.gradient = gradient if dtype == "float32" else 1.0
        self.of_bias = of_bias

    def __call__(self, inputs):
        bias = self.bias * self.of_bias + self.bias.detach() * (1 - self.of_bias)
        shift = torch.zeros(5, dtype=self.bias.dtype)
        shift[0] = self.off
        before = inputs["x"] @ self.kernel + bias - inputs["there"] + shift
        hidden = before.relu()
        return {"hidden": hidden * self.gradient + hidden.detach() * (1 - self.gradient)}


def kink_port(
    seed: int, off: float, gradient: float = 1.0, near: float = 1e-7, of_bias: float = 1.0
) -> Port:
    """The first hidden unit of the first record is `near` but for what the candidate rounds."""
    weights = (Weight("kernel", (3, 5), ("kernel",)), Weight("bias", (5,), ("bias",)))

    def inputs(given):
        drawn = draw_weights(weights, given.seed)
        x = given.inputs.arrays["x"]
        there = np.zeros((len(x), 5), np.float32)
        there[0, 0] = (x.astype(float) @ drawn["kernel"] + drawn["bias"])[0, 0] - near
        return {"x": x, "there": there}

    def side(*planted):
        def build(options, dtype):
            net = AtAKink(dtype, *planted)
            return Built(net, {"kernel": net.kernel, "bias": net.bias})

        return Side("torch", build)

    def load(source, seed, count):
        drawn = np.random.default_rng(seed).normal(size=(count, 3))
        return InputSet("drawn", {"x": drawn.astype(np.float32)})

    pair = Pair(
        "kink",
        side(0.0),
        side(off, gradient, of_bias),
        (Configuration("default", {}),),
        inputs,
        weights=lambda options: weights,
    )
    return Port("kink", (pair,), load)


def test_a_value_nearer_to_a_kink_than_float32_tells_is_no_alarm():
    cases = [check(kink_port(seed, off=-4e-7), seed, 4, True) for seed in range(12)]
    assert [case for case in cases if not case.verdict.passes] == []
    assert any("kink" in note for case in cases for note in case.notes)


def test_a_gradient_of_few_digits_is_an_alarm_where_no_kink_is_near():
    cases = [check(kink_port(seed, 0.0, 1 + 1e-3, 1e-2), seed, 4, True) for seed in range(12)]
    assert not any(case.verdict.passes for case in cases)


def test_what_a_gradient_may_jump_by_in_float32_hides_no_mistake_in_float64():
    ports = [(kink_port(seed, -4e-7, of_bias=1 + 1e-9), seed) for seed in range(12)]
    cases = [check(port, seed, 4, True) for port, seed in ports]
    jumped = [case for case in cases if any("kink" in note for note in case.notes)]
    assert jumped
    assert not any(case.verdict.passes for case in jumped)
