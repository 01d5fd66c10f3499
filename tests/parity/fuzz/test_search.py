"""Planted bugs that only an unusual input shows: each is found, and shrunk to one change."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from parity.declaring.domains import Domain
from parity.fuzz.cases import FuzzCase
from parity.fuzz.search import FuzzRun, Limits
from parity.judging.verdict import Verdict


def softmax(scores):
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return {"p": scores / scores.sum(-1, keepdims=True)}


def masked_by_a_large_number(x, mask):
    return softmax(np.where(mask > 0, x.dtype.type(-1e9), x))


def masked_by_infinity(x, mask):
    return softmax(np.where(mask > 0, -np.inf, x).astype(x.dtype))


def guarded_norm(x):
    norm = np.sqrt((x * x).sum(-1, keepdims=True))
    return {"unit": np.where(norm > 0, x / np.where(norm > 0, norm, 1), 0).astype(x.dtype)}


def plain_norm(x):
    return {"unit": x / np.sqrt((x * x).sum(-1, keepdims=True))}


def doubled(x):
    return {"y": x * 2}


def squeezed(x):
    return {"y": (x * 2).squeeze()}


def one_hot(codes):
    return {"states": (np.trunc(codes)[..., None] == np.arange(5)).astype(codes.dtype)}


def clamped_one_hot(codes):
    return one_hot(codes.clip(0, 4))


def rounded_one_hot(codes):
    return one_hot(codes.round())


def sign(x):
    return {"sign": np.where(x < 0, -1, 1).astype(x.dtype)}


def sign_bit(x):
    return {"sign": np.copysign(x.dtype.type(1), x)}


def softplus(x):
    return {"y": np.logaddexp(x.dtype.type(0), x)}


def overflowing_softplus(x):
    return {"y": np.log(1 + np.exp(x))}


def refuses_repeats(x):
    if len(x) > 1 and (x[0] == x[1]).all():
        raise ValueError("two rows are the same")
    return doubled(x)


def wrong_where_one_row_alone_is_zero(x):
    zero = (x == 0).all(-1)
    return {"y": x * (3 if zero.any() and not zero.all() else 2)}


@dataclass(frozen=True)
class Plant:
    """A right and a wrong function, and the edits of the smallest counterexample."""

    reference: Any
    candidate: Any
    smallest: tuple[str, ...]
    names: tuple[str, ...] = ("x",)
    domains: tuple[Domain, ...] = field(default=())
    verdict: Verdict = Verdict.STRUCTURE
    rows: int = 1


CODES = Domain("codes", 0, 4, integer=True, special=(5.0, 3.75))
PLANTS = {
    "a row wholly masked": Plant(
        masked_by_a_large_number, masked_by_infinity, ("mask = 1 everywhere",), ("x", "mask")
    ),
    "a vector of zeros": Plant(guarded_norm, plain_norm, ("x = 0 everywhere",)),
    "batch 1": Plant(doubled, squeezed, ()),
    "a code out of range": Plant(
        one_hot,
        clamped_one_hot,
        ("codes = 5 everywhere",),
        ("codes",),
        (CODES,),
        Verdict.DIFFERENT,
    ),
    "a code between two": Plant(
        one_hot,
        rounded_one_hot,
        ("codes = 3.75 everywhere",),
        ("codes",),
        (CODES,),
        Verdict.DIFFERENT,
    ),
    "minus zero": Plant(sign, sign_bit, ("x = -0 everywhere",), verdict=Verdict.DIFFERENT),
    "large logits": Plant(softplus, overflowing_softplus, ("x = 100 everywhere",)),
    "repeated rows": Plant(doubled, refuses_repeats, (), verdict=Verdict.NOT_COMPARED, rows=2),
}


@pytest.mark.parametrize("name", PLANTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_bug_is_found_and_shrunk(name, seed, small_port, fuzzed):
    plant = PLANTS[name]
    port = small_port(plant.reference, plant.candidate, plant.names, plant.domains)
    run = fuzzed(port, seed=seed)
    assert run.tried > 1, "the case as given passes"
    assert run.outcome is not None
    assert run.outcome.verdict is plant.verdict
    assert run.counterexample.rows == (0,) * plant.rows
    assert tuple(map(str, run.counterexample.edits)) == plant.smallest


@pytest.mark.parametrize("name", PLANTS)
def test_the_right_function_has_no_counterexample(name, small_port, fuzzed):
    plant = PLANTS[name]
    port = small_port(plant.reference, plant.reference, plant.names, plant.domains)
    run = fuzzed(port, examples=100)
    assert run.counterexample is None
    assert run.tried > 50
    assert not run.nothing_compared


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_no_simple_case_shows_is_drawn_and_shrunk(seed, small_port, fuzzed):
    run = fuzzed(small_port(doubled, wrong_where_one_row_alone_is_zero), 300, seed)
    assert run.counterexample.rows == (0, 0)
    (edit,) = map(str, run.counterexample.edits)
    assert edit in ("x = 0 in row 0", "x = 0 in row 1")
    assert run.shrunk > 0


def test_the_same_seed_finds_the_same(small_port, fuzzed):
    port = small_port(doubled, wrong_where_one_row_alone_is_zero)
    one, other = fuzzed(port, seed=7), fuzzed(port, seed=7)
    assert (one.tried, one.shrunk, one.counterexample) == (
        other.tried,
        other.shrunk,
        other.counterexample,
    )


def test_a_bug_that_the_unchanged_case_shows_is_shrunk_too(small_port, fuzzed):
    run = fuzzed(small_port(doubled, lambda x: {"y": x * 3}))
    assert run.counterexample == FuzzCase(rows=(0,))
    assert run.tried == 2


def test_an_input_that_both_sides_refuse_is_not_a_counterexample(small_port, fuzzed):
    run = fuzzed(small_port(refuses_repeats, refuses_repeats))
    assert run.counterexample is None
    assert 0 < run.not_compared < run.tried


def test_a_run_that_compares_nothing_says_so(small_port, fuzzed):
    def nothing(x):
        return {"y": np.full_like(x, np.nan)}

    assert fuzzed(small_port(nothing, nothing), examples=5).nothing_compared


def test_a_run_ends_when_its_time_is_up(small_port, target_of):
    port = small_port(doubled, doubled)
    run = FuzzRun(port.pairs[0], port.pairs[0].configs[0], target_of(port))
    run.run(Limits(1_000_000, until=time.monotonic() + 0.2))
    assert run.timed_out
    assert run.tried < 1_000_000


def test_an_interrupt_leaves_the_smallest_counterexample_so_far(small_port, target_of):
    port = small_port(doubled, wrong_where_one_row_alone_is_zero)

    def stop(run):
        if run.shrunk == 1:
            raise KeyboardInterrupt

    run = FuzzRun(port.pairs[0], port.pairs[0].configs[0], target_of(port), stop)
    with pytest.raises(KeyboardInterrupt):
        run.run(Limits(300))
    assert run.outcome is not None
    assert run.outcome.is_counterexample


def in_groups_of_two(x):
    return {"y": (x.reshape(-1, 2, 5) - x.reshape(-1, 2, 5).mean(1, keepdims=True)).reshape(-1, 5)}


def wrong_beyond_three(x):
    return {"y": in_groups_of_two(x)["y"] + (x > 3)}


def test_models_that_need_a_batch_get_one_in_every_case(small_port, fuzzed):
    right = replace(small_port(in_groups_of_two, in_groups_of_two), batch=4)
    assert fuzzed(right, examples=60).counterexample is None
    run = fuzzed(replace(small_port(in_groups_of_two, wrong_beyond_three), batch=4), examples=100)
    assert run.outcome.verdict is Verdict.DIFFERENT
    assert run.counterexample.rows is None or len(run.counterexample.rows) == 4
