"""Gradients by masks that mean nothing are exempt; those by factors and real values are not.

Both sides are PyTorch here, with a mask of 1 for what is kept.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from parity.checking.case_runs import LiveReference
from parity.checking.checker import Checker
from parity.checking.mask_gradients import is_mask
from parity.checking.selection import Selection
from parity.declaring.inputs import InputSet
from parity.declaring.port import Built, Configuration, Pair, Port, Side
from parity.errors import ParityError
from parity.fuzz.outcome import run_case
from parity.judging.verdict import Verdict

MASK = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 1, 1, 1]], np.float32)
NAME = "grad/input/mask"


def side(function):
    return Side("torch", lambda options, dtype: Built(lambda given: {"y": function(**given)}))


def pair_of(reference, candidate, **declared):
    return Pair(
        "layer",
        side(reference),
        side(candidate),
        (Configuration("default", {}),),
        lambda given: given.inputs.arrays,
        **declared,
    )


def checker_of(pair, mask=MASK, reference=None):
    def load(source, seed, count):
        x = np.random.default_rng(seed).normal(size=(3, 5)).astype("float32")
        return InputSet("drawn", {"x": x, "mask": mask})

    port = Port("port", (pair,), load)
    return Checker(port, load(None, 1, 3), Selection(gradients=True), reference)


def check(reference, candidate, mask=MASK, live=None, **declared):
    pair = pair_of(reference, candidate, **declared)
    return checker_of(pair, mask, live).run(pair, pair.configs[0], "isolated")


def of_mask(case):
    return next(output for output in case.outputs if output.name == NAME)


def pooled(scores, x):
    return torch.softmax(scores, -1) * x


def adding(number):
    return lambda x, mask: pooled(torch.sin(3 * x) + (1 - mask) * number, x)


def adding_a_product(x, mask):
    return pooled(torch.sin(3 * x) * mask + (1 - mask) * -1e9, x)


def filling(number):
    def call(x, mask):
        return pooled(torch.sin(3 * x).masked_fill(mask == 0, number), x)

    return call


def as_booleans(x, mask):
    return pooled(torch.where(mask.bool(), torch.sin(3 * x), -torch.inf), x)


def by_logarithm(x, mask):
    return pooled(torch.sin(3 * x) + mask.log(), x)


def by_factor(x, mask):
    """Exp over sum, with the mask as a factor."""
    weights = torch.exp(torch.sin(3 * x)) * mask
    return weights / weights.sum(-1, keepdim=True) * x


IDIOMS = {
    "-1e9": adding(-1e9),
    "-1e4": adding(-1e4),
    "-1e12": adding(-1e12),
    "finfo.min": adding(float(np.finfo(np.float32).min)),
    "a product": adding_a_product,
    "-inf": filling(-torch.inf),
    "fill -1e9": filling(-1e9),
    "booleans": as_booleans,
    "logarithm": by_logarithm,
}


@pytest.mark.parametrize("reference", IDIOMS)
def test_every_idiom_is_a_right_port_of_some_others(reference):
    """Of three others each; all of all takes half a minute."""
    names = list(IDIOMS)
    place = names.index(reference)
    for candidate in (names * 2)[place : place + 4]:
        case = check(IDIOMS[reference], IDIOMS[candidate])
        assert case.verdict.passes, (candidate, [(o.name, o.reason) for o in case.outputs])


@pytest.mark.slow
@pytest.mark.parametrize("candidate", IDIOMS)
@pytest.mark.parametrize("reference", IDIOMS)
def test_every_idiom_is_a_right_port_of_every_other(reference, candidate):
    case = check(IDIOMS[reference], IDIOMS[candidate])
    assert case.verdict.passes, [(o.name, o.reason) for o in case.outputs]


def test_what_is_exempt_says_why():
    case = check(adding(-1e9), filling(-torch.inf))
    assert case.verdict is Verdict.EQUIVALENT
    found = of_mask(case)
    assert found.verdict is Verdict.EXEMPT
    assert found.reason.startswith(
        "not compared: mask is a mask of 0 and 1, and the reference adds a large number where it "
        "is 0, so the gradient there ("
    )
    assert found.reason.endswith("both sides agree on 4 other masks, and in everything else")
    assert found.max_abs_err_64 is None
    assert f"{NAME} is {found.reason}" in case.notes


def test_a_comparison_beside_a_factor_says_so():
    found = of_mask(check(by_factor, filling(-torch.inf)))
    assert found.verdict is Verdict.EXEMPT
    assert "the candidate only compares it with a number" in found.reason


WRONG = {
    "another factor": lambda x, mask: by_factor(x, 1.01 * mask) * (1 + 0.01 * mask),
    "a factor with another slope": lambda x, mask: by_factor(x, mask * mask),
    "a factor that only the given mask hides": lambda x, mask: by_factor(
        x, torch.where(torch.as_tensor(MASK != 0), mask, 0.5 * mask)
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_mask_that_is_a_factor_stays_compared(wrong):
    assert not check(by_factor, wrong).verdict.passes


def test_a_comparison_that_only_the_given_mask_hides_is_refused():
    """Where the given mask is 0, it is not looked at."""
    kept = torch.as_tensor(MASK != 0)

    def wrong(x, mask):
        return pooled(torch.sin(3 * x).masked_fill(~kept | (mask == 0), -torch.inf), x)

    case = check(adding(-1e9), wrong)
    assert not case.verdict.passes
    assert "name it in exempt_gradients, with the reason" in of_mask(case).reason


def test_another_mistake_is_refused_beside_a_mask():
    def wrong(x, mask):
        return pooled(torch.sin(3 * x.detach()).masked_fill(mask == 0, -torch.inf), x)

    case = check(adding(-1e9), wrong)
    assert case.verdict is Verdict.DIFFERENT
    assert {o.name for o in case.outputs if not o.verdict.passes} == {"grad/input/x"}
    assert of_mask(case).verdict is Verdict.EXEMPT
    assert of_mask(case).reason.endswith("on 4 other masks, and in all outputs")


@pytest.mark.parametrize(
    "mask",
    [
        np.random.default_rng(5).uniform(0, 1, (3, 5)).astype("float32"),
        np.eye(5, dtype="float32")[[0, 2, 3]],
    ],
    ids=["real", "one-hot"],
)
def test_the_gradient_of_a_real_or_one_hot_input_is_not_lost_unseen(mask):
    def lost(x, mask):
        return x * mask.detach()

    assert check(lambda x, mask: x * mask, lambda x, mask: x * mask, mask).verdict.passes
    assert not check(lambda x, mask: x * mask, lost, mask).verdict.passes
    assert not is_mask(mask)


def test_a_recorded_reference_cannot_be_asked():
    class Recorded(LiveReference):
        def rerun(self, pair, task, dtype="float64", changes=None):
            return None

    case = check(adding(-1e9), filling(-torch.inf), live=Recorded())
    assert not case.verdict.passes
    declared = {"exempt_gradients": {"mask": "it is compared with 0"}}
    assert check(adding(-1e9), filling(-torch.inf), live=Recorded(), **declared).verdict.passes


def test_a_declared_exemption_is_listed_and_needs_a_reason_and_a_name():
    case = check(
        by_factor,
        lambda x, mask: by_factor(x, mask.detach()),
        exempt_gradients={"mask": "nothing differentiates by it"},
    )
    assert case.verdict.passes
    assert of_mask(case).reason == "not compared: nothing differentiates by it"
    with pytest.raises(ParityError, match="is empty; state the reason"):
        pair_of(by_factor, by_factor, exempt_gradients={"mask": " "})
    unknown = check(by_factor, by_factor, exempt_gradients={"masks": "none"})
    assert unknown.verdict is Verdict.NOT_COMPARED
    assert "exempt_gradients names 'masks', which is not an input" in unknown.notes[0]


def test_an_exempt_input_needs_no_gradient():
    def to_numpy(x, mask):
        return by_factor(x, torch.as_tensor(mask.numpy()))

    exempt = {"mask": "it is data"}
    assert check(by_factor, to_numpy, exempt_gradients=exempt).verdict.passes


def test_fuzz_judges_masks_alike():
    pair = pair_of(adding(-1e9), filling(-torch.inf))
    task = checker_of(pair).task(pair, pair.configs[0])
    assert run_case(pair, task).verdict.passes
    wrong = pair_of(by_factor, WRONG["a factor with another slope"])
    assert not run_case(wrong, replace(task)).verdict.passes


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (MASK, True),
        (np.ones((2, 3), np.float32), True),
        (MASK[..., None], True),
        (MASK.astype(int), False),
        (MASK * 0.5, False),
        (None, False),
    ],
)
def test_masks_are_recognized_by_their_values(array, expected):
    assert is_mask(array) is expected
