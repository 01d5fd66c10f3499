"""Mistakes that only a hunted input shows: each is found, and shrunk to one plain change."""

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from parity.declaring.domains import Domain
from parity.fuzz.ground import survey
from parity.fuzz.recipe import Recipe
from parity.fuzz.search import Hunt, Limits
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
    """A right and a wrong function, and what the smallest find is."""

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
        masked_by_a_large_number, masked_by_infinity, ("mask 1 everywhere",), ("x", "mask")
    ),
    "a vector of zeros": Plant(guarded_norm, plain_norm, ("x 0 everywhere",)),
    "batch 1": Plant(doubled, squeezed, ()),
    "a code out of range": Plant(
        one_hot,
        clamped_one_hot,
        ("codes 5 everywhere",),
        ("codes",),
        (CODES,),
        Verdict.DIFFERENT,
    ),
    "a code between two": Plant(
        one_hot,
        rounded_one_hot,
        ("codes 3.75 everywhere",),
        ("codes",),
        (CODES,),
        Verdict.DIFFERENT,
    ),
    "minus zero": Plant(sign, sign_bit, ("x -0 everywhere",), verdict=Verdict.DIFFERENT),
    "large logits": Plant(softplus, overflowing_softplus, ("x 100 everywhere",)),
    "repeated rows": Plant(doubled, refuses_repeats, (), verdict=Verdict.NOT_COMPARED, rows=2),
}


@pytest.mark.parametrize("name", PLANTS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_mistake_is_found_and_shrunk(name, seed, small_port, hunted):
    plant = PLANTS[name]
    port = small_port(plant.reference, plant.candidate, plant.names, plant.domains)
    hunt = hunted(port, seed=seed)
    assert hunt.tried > 1, "the case as given passes"
    assert hunt.outcome is not None
    assert hunt.outcome.verdict is plant.verdict
    assert hunt.recipe.rows == (0,) * plant.rows
    assert tuple(map(str, hunt.recipe.edits)) == plant.smallest


@pytest.mark.parametrize("name", PLANTS)
def test_the_right_function_is_left_in_peace(name, small_port, hunted):
    plant = PLANTS[name]
    port = small_port(plant.reference, plant.reference, plant.names, plant.domains)
    hunt = hunted(port, examples=100)
    assert hunt.recipe is None
    assert hunt.tried > 50
    assert not hunt.nothing_told


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_no_plain_trap_shows_is_drawn_and_shrunk(seed, small_port, hunted):
    hunt = hunted(small_port(doubled, wrong_where_one_row_alone_is_zero), 300, seed)
    assert hunt.recipe.rows == (0, 0)
    (edit,) = map(str, hunt.recipe.edits)
    assert edit in ("x 0 in row 0", "x 0 in row 1")
    assert hunt.shrunk > 0


def test_the_same_seed_finds_the_same(small_port, hunted):
    port = small_port(doubled, wrong_where_one_row_alone_is_zero)
    one, other = hunted(port, seed=7), hunted(port, seed=7)
    assert (one.tried, one.shrunk, one.recipe) == (other.tried, other.shrunk, other.recipe)


def test_a_mistake_in_the_case_as_given_is_shrunk_too(small_port, hunted):
    hunt = hunted(small_port(doubled, lambda x: {"y": x * 3}))
    assert hunt.recipe == Recipe(rows=(0,))
    assert hunt.tried == 2


def test_an_input_that_both_sides_refuse_is_no_find(small_port, hunted):
    hunt = hunted(small_port(refuses_repeats, refuses_repeats))
    assert hunt.recipe is None
    assert 0 < hunt.untold < hunt.tried


def test_nothing_to_tell_is_told(small_port, hunted):
    def nothing(x):
        return {"y": np.full_like(x, np.nan)}

    assert hunted(small_port(nothing, nothing), examples=5).nothing_told


def test_a_hunt_ends_when_its_time_is_up(small_port, ground_of):
    port = small_port(doubled, doubled)
    hunt = Hunt(port.pairs[0], port.pairs[0].configs[0], ground_of(port))
    hunt.run(Limits(1_000_000, until=time.monotonic() + 0.2))
    assert hunt.time_is_up
    assert hunt.tried < 1_000_000


def test_an_interrupt_leaves_the_smallest_find_so_far(small_port, ground_of):
    port = small_port(doubled, wrong_where_one_row_alone_is_zero)

    def stop(hunt):
        if hunt.shrunk == 1:
            raise KeyboardInterrupt

    hunt = Hunt(port.pairs[0], port.pairs[0].configs[0], ground_of(port), stop)
    with pytest.raises(KeyboardInterrupt):
        hunt.run(Limits(300))
    assert hunt.outcome is not None
    assert hunt.outcome.found


def test_rows_are_where_the_number_of_records_shows(small_port, gmvp):
    """Axis 1 of the dropout masks, axis 0 of what goes with them; none in the optimizer."""
    from parity.checking.checker import Checker
    from parity.checking.selection import Selection

    checker = Checker(gmvp, gmvp.load_inputs(None, 1, 4), Selection())
    pair = gmvp.pair("gru_cell")
    config = next(c for c in pair.configs if c.name == "training-masks")
    ground = survey(checker, pair, config)
    assert ground.batch == {"inputs": 0, "state": 0, "input_masks": 1, "state_masks": 1}
    for layer, rows in (("optimizer", 0), ("windows", 0), ("loss", 18)):
        pair = gmvp.pair(layer)
        assert survey(checker, pair, pair.configs[0]).rows == rows
