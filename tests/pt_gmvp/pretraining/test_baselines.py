import numpy as np
import pytest
import torch

from pt_gmvp.pretraining.baselines import Places, baselines
from pt_gmvp.pretraining.losses import evaluate
from pt_gmvp.pretraining.proteins import Proteins


def shifted(seed: int, draw_matrix, length: int = 120) -> np.ndarray:
    """A protein where a column holds what the second column before it does, one residue on."""
    matrix = draw_matrix(seed, length)
    codes = np.zeros(length, int)
    codes[:2] = np.random.default_rng(seed).integers(0, 20, 2)
    for place in range(2, length):
        codes[place] = (codes[place - 2] + 1) % 20
    matrix[:, 21:221] = codes[:, None]
    return matrix


@pytest.fixture(scope="module")
def told(draw_matrix):
    proteins = Proteins((f"P{seed}", shifted(seed, draw_matrix)) for seed in range(6))
    places = [proteins.places(some) for some in (range(4), range(4, 6))]
    training, judged = (Places(rows, proteins.targets(rows)) for rows in places)
    return baselines(proteins, training, judged, 0), judged.truth, training.truth


def test_the_background_is_the_mean(told):
    found, _, training = told
    mean = training.distribution.mean(0)
    assert torch.allclose(found["background"].residues.exp(), mean, atol=1e-4)
    given = training.expected > 0  # what is seen where nothing is expected does not count
    rate = training.observed[given].sum() / training.expected[given].sum()
    assert found["background"].rate.exp().numpy() == pytest.approx(rate.item(), rel=1e-4)


def test_distributions_sum_to_one(told):
    for one in told[0].values():
        assert one.residues.exp().sum(-1).numpy() == pytest.approx(1, abs=1e-4)


def test_the_linear_model_finds_a_law_of_a_neighbour_that_a_mean_does_not(told):
    found, truth, _ = told
    judged = {name: evaluate(one, truth) for name, one in found.items()}
    assert judged["background"].divergence == pytest.approx(np.log(20), abs=0.2)
    assert judged["neighbours"].divergence > 2.5
    assert judged["linear"].divergence < 0.5
    assert judged["linear"].recovery > 0.95


def test_no_baseline_sees_the_position_itself(draw_matrix):
    matrix = draw_matrix(0, 80)
    other = matrix.copy()
    other[40] = draw_matrix(1, 80)[40]
    found = []
    for one in (matrix, other):
        proteins = Proteins([("A", draw_matrix(2, 80)), ("B", one)])
        rows = proteins.places([0]), proteins.places([1])[40:41]
        training, judged = (Places(some, proteins.targets(some)) for some in rows)
        found.append(baselines(proteins, training, judged, 0))
    for name in found[0]:
        for one, another in zip(found[0][name], found[1][name], strict=True):
            assert torch.equal(one, another), name
