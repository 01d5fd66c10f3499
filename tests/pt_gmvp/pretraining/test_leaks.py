"""No bit of a hidden position reaches what is told of it; a way in that is planted is found."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.columns import ALIGNMENT, CENTER
from converters.errors import InputError
from pt_gmvp.data import windows
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.pretraining.leaks import check_leaks, find_leaks, predictor
from pt_gmvp.pretraining.masking import Hidden


@settings(max_examples=25)
@given(
    seed=st.integers(0, 1000),
    length=st.integers(1, 140),
    place=st.floats(0, 1, exclude_max=True),
    score=st.sampled_from(["add", "nn", "dot"]),
    gap=st.booleans(),
    derived=st.booleans(),
)
def test_no_bit_leaks(network, draw_matrix, seed, length, place, score, gap, derived):
    told = predictor(network(seed, gap, attn_score_type=score), derived)
    matrix = draw_matrix(seed, length)
    random = np.random.default_rng(seed)
    assert find_leaks(told, matrix, int(place * length), random) == []


def test_neighbours_do_matter(network, draw_matrix):
    """The check would pass with a network that sees nothing at all."""
    told = predictor(network(), derived=False)
    matrix = draw_matrix(0, 50)
    before = told(matrix, 20)
    for column in (0, 30, 431):
        changed = matrix.copy()
        changed[23, column] = (changed[23, column] + 1) % 20
        assert told(changed, 20) != before, column


def hiding(columns, masked):
    """A `hide` that blanks only some columns, and may forget the mask."""

    def hide(context, mask, derived=False):
        context, mask = context.clone(), mask.clone()
        context[:, CENTER, columns] = 0
        mask[:, CENTER] = float(masked)
        return Hidden(context, mask)

    return hide


PLANTED = {
    "residue": slice(20, 73),
    "alignment column": [*range(20), *range(41, 73)],
    "profile": [*range(41), *range(61, 73)],
    "structure": [*range(61), 71, 72],
    "counts": slice(0, 71),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_centre_that_is_seen_in_part_is_found(network, draw_matrix, monkeypatch, name):
    monkeypatch.setattr("pt_gmvp.pretraining.proteins.hide", hiding(PLANTED[name], masked=False))
    random = np.random.default_rng(0)
    assert find_leaks(predictor(network(), True), draw_matrix(0, 60), 30, random) == [name]
    with pytest.raises(InputError, match=rf"A, position \d+: its own {name} affects"):
        check_leaks(network(), True, [("A", draw_matrix(0, 60))], 0)


@pytest.mark.parametrize(("columns", "masked"), [(slice(0, 0), True), (slice(0, 73), False)])
def test_mask_and_zeros_each_are_enough(network, draw_matrix, monkeypatch, columns, masked):
    monkeypatch.setattr("pt_gmvp.pretraining.proteins.hide", hiding(columns, masked))
    random = np.random.default_rng(0)
    assert find_leaks(predictor(network(), True), draw_matrix(0, 60), 30, random) == []


@pytest.mark.parametrize("pairwise_type", ["cov", "fre"])
def test_co_evolution_with_the_centre_is_a_leak(network, draw_matrix, pairwise_type):
    """What gMVP gives its attention as pairs must not be given here, the centre hidden or not."""
    encoder = EvolEncoder(pairwise_type, "none")
    made = network(pairwise_type=pairwise_type).gmvp

    def told(matrix, position):
        feature, mask = windows(matrix, [position])
        pairs = made.pairwise_encoding(encoder(feature[..., ALIGNMENT])[1]).relu()
        context = torch.zeros(1, 129, 6)
        return made.mha(context[:, :1], context, pairs, mask).detach().numpy().tobytes()

    random = np.random.default_rng(0)
    assert find_leaks(told, draw_matrix(0, 60), 30, random) == ["alignment column"]


def remade(matrix: np.ndarray) -> np.ndarray:
    """What programs that read the whole sequence would give for an alignment, in its own way."""
    matrix = matrix.copy()
    codes = matrix[:, 21:221]
    matrix[:, 221:421] = (codes == codes[:, :1]).mean(0) * 100
    weights = (codes == codes[:, :1]).mean(0)
    for state in range(20):
        matrix[:, 1 + state] = ((codes == state) * weights).sum(1) / weights.sum()
    smooth = np.convolve(matrix[:, 0], np.ones(9) / 9, "same")
    matrix[:, 421:431] = np.sin(smooth[:, None] + np.arange(10))
    return matrix


@pytest.mark.parametrize("derived", [False, True])
def test_from_the_alignment_on_nothing_leaks_unless_what_was_derived_is_seen(
    network, draw_matrix, derived
):
    """With profile and structure in view, the hidden column reaches the neighbours' rows."""
    told = predictor(network(), derived)
    matrix = draw_matrix(0, 60)
    changed = matrix.copy()
    changed[30, 21:221] = np.random.default_rng(1).integers(0, 21, 200)
    changed[30, 0] = changed[30, 21]
    same = told(remade(changed), 30) == told(remade(matrix), 30)
    assert same is not derived
