import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.errors import InputError
from converters.simulation.plan import FILES, LONGEST, SHORTEST, Settings, make_plan
from converters.simulation.variants import A_POSITION

settings = st.builds(
    Settings,
    proteins=st.integers(10, 40),
    variants=st.integers(100, 700),
    seed=st.integers(0, 1 << 40),
    split=st.sampled_from(["transcript", "position"]),
    length=st.floats(60, 200),
)


@given(settings)
def test_no_two_files_share_what_the_split_is_by(told):
    plan = make_plan(told)
    assert len(plan.file) == told.variants
    keys = (
        plan.protein if told.split == "transcript" else plan.protein * (LONGEST + 1) + plan.position
    )
    held = [set(keys[plan.file == number].tolist()) for number in range(FILES)]
    assert all(held)
    assert sum(map(len, held)) == len(set(keys.tolist()))


@given(settings)
def test_every_protein_has_variants_that_fit_it(told):
    plan = make_plan(told)
    numbers = np.bincount(plan.protein, minlength=told.proteins)
    assert numbers.min() >= 1
    assert (numbers <= A_POSITION * (plan.lengths - 1)).all()
    assert plan.lengths.min() >= SHORTEST
    assert plan.position.min() >= 1  # never the first methionine
    assert (plan.position < plan.lengths[plan.protein]).all()
    places = plan.protein * (LONGEST + 1) + plan.position
    assert np.unique(places, return_counts=True)[1].max() <= A_POSITION
    assert (np.diff(plan.protein) >= 0).all()


@given(settings)
def test_files_are_of_nearly_one_size(told):
    plan = make_plan(told)
    sizes = np.bincount(plan.file, minlength=FILES)
    largest_group = np.bincount(plan.protein).max() if told.split == "transcript" else A_POSITION
    assert sizes.max() - sizes.min() <= largest_group


def test_variants_that_short_proteins_have_no_room_for_go_to_the_others():
    told = Settings(proteins=10, variants=3500, seed=0, length=120.0)
    plan = make_plan(told)
    numbers = np.bincount(plan.protein)
    full = numbers == A_POSITION * (plan.lengths - 1)
    assert full.any()
    assert numbers[~full].max() - numbers[~full].min() <= 1


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Settings(3, 60, 0), "leave 7 of 10 files empty; expected more, or --split position"),
        (Settings(20, 19, 0), "expected at least one per protein"),
        (Settings(10, 10**6, 0), "at most"),
    ],
)
def test_what_cannot_be_is_refused(told, why):
    with pytest.raises(InputError, match=why):
        make_plan(told)


def test_a_split_by_position_does_with_one_protein():
    assert set(make_plan(Settings(1, 100, 0, split="position")).file.tolist()) == set(range(FILES))
