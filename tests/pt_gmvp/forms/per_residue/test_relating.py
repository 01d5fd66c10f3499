"""What is counted are the plain encoder's pair features, the part of a state left to follow."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from converters.columns import ALIGNMENT
from pt_gmvp.data import windows
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.forms.per_residue.protein import STATES, CountPlan, Protein
from pt_gmvp.forms.per_residue.relating import FIRST, Counting, Features, Frequencies

CODES = np.array([*range(21), 20, 21, 25, 3.75, -0.5])


def drawn(length: int, states: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    matrix = np.zeros((length, 435))
    choice = random.choice(CODES, (length, states))
    picked = random.integers(0, states, (length, 200)) * (random.random((length, 1)) < 0.8)
    matrix[:, 21:221] = np.take_along_axis(choice, picked, 1)
    return matrix


def frequencies(protein: Protein, plan: CountPlan, species: torch.Tensor) -> Frequencies:
    at = species.new_zeros(len(protein), STATES)
    at.scatter_add_(1, protein.states, species.expand(len(protein), -1))
    closed = functional.pad(at[plan.kept, :21], (0, 0, 0, 129))
    return Frequencies(species, functional.pad(at, (0, 1)), closed)


def every_column(features: Features, plan: CountPlan) -> torch.Tensor:
    """All 441 columns, and the norm: (P, 442)."""
    pairs = len(features.rows)
    table = features.rows.new_zeros(pairs, STATES, 21)
    table[:, features.states] = features.rows[:, FIRST:].view(pairs, -1, 21)
    if plan.omitted is not None:
        table[:, plan.omitted[features.center]] -= table.sum(1)
    return torch.cat([table[:, :21].flatten(1), features.rows[:, :1]], 1)


@settings(max_examples=40)
@given(
    length=st.sampled_from([1, 2, 30, 129, 140]),
    states=st.sampled_from([1, 2, 7, 40]),
    centered=st.booleans(),
    norm=st.sampled_from(["released", "paper"]),
    seed=st.integers(0, 10_000),
)
def test_it_counts_what_the_encoder_multiplies(
    length: int, states: int, centered: bool, norm: str, seed: int
) -> None:
    encoder = EvolEncoder("cov" if centered else "fre", "spe", norm).double()
    with torch.no_grad():
        encoder.species_weights.copy_(torch.randn(1, 200, dtype=torch.float64))
        species = encoder.species_weights.softmax(1)[0]
    matrix = drawn(length, states, seed)
    protein = Protein.read("T", matrix, torch.device("cpu"))
    plan = CountPlan.find(protein, centered)
    counting = Counting(centered, centered * (20 if norm == "paper" else 21))
    some = range(length // 3, min(length, length // 3 + 12))
    feature, _ = windows(matrix, some)
    with torch.no_grad():
        _, expected = encoder(feature[..., ALIGNMENT].double())
    found = dict.fromkeys(some)
    for features in counting.features(protein, plan, frequencies(protein, plan, species), some):
        found[features.center] = every_column(features, plan)
    for row, (center, pairs) in enumerate(found.items()):
        # Pairs that do not vary together, of which all that is not 0 is the least norm.
        least = expected.new_zeros(1, 442)
        least[0, 441] = 1e-6 * centered
        pairs = least if pairs is None else torch.cat([pairs, least.expand(130 - len(pairs), -1)])
        place = plan.place[center] if len(pairs) > 1 else torch.zeros(129, dtype=torch.int64)
        inside = torch.arange(center - 64, center + 65)
        inside = (inside >= 0) & (inside < length)
        of_window = pairs[place][inside][:, : expected.shape[2]]
        torch.testing.assert_close(of_window, expected[row][inside], rtol=1e-9, atol=1e-12)


def test_what_does_not_vary_is_left_out() -> None:
    matrix = drawn(50, 7, 0)
    matrix[::2, 21:221] = 3
    protein = Protein.read("T", matrix, torch.device("cpu"))
    covariances, joint = CountPlan.find(protein, True), CountPlan.find(protein, False)
    assert len(covariances.kept) <= 25
    assert covariances.sizes[::2] == [0] * 25
    assert (covariances.place[:, 64][::2] == 129).all()
    assert len(joint.kept) == 50
    assert joint.sizes[::2] == [1] * 25


@pytest.mark.parametrize("number", [0, 1, 2, 3, 8, 9, 30])
def test_every_residue_that_varies_is_counted_once(number: int) -> None:
    matrix = drawn(40, 6, number)
    protein = Protein.read("T", matrix, torch.device("cpu"))
    plan = CountPlan.find(protein, True)
    species = torch.full((200,), 1 / 200)
    given = frequencies(protein, plan, species)
    some = range(5, 5 + number)
    found = [
        features.center for features in Counting(True, 21).features(protein, plan, given, some)
    ]
    assert sorted(found) == [center for center in some if plan.sizes[center]]
