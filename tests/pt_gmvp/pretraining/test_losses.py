import numpy as np
import pytest
import torch
from scipy.stats import entropy
from sklearn.metrics import mean_poisson_deviance, mean_squared_error

from pt_gmvp.pretraining.losses import by_protein, divergence, evaluate, losses
from pt_gmvp.pretraining.network import Prediction
from pt_gmvp.pretraining.proteins import Targets


def made(seed: int = 0, number: int = 12) -> tuple[Prediction, Targets]:
    random = np.random.default_rng(seed)
    truth = random.dirichlet(np.full(20, 0.1), number)
    expected = random.gamma(2, 0.5, number)
    expected[3] = 0
    frequency = random.normal(-4, 1, (number, 20))
    frequency[random.random((number, 20)) < 0.8] = np.nan
    weight = np.ones(number)
    weight[5] = 0
    told = random.normal(0, 1, (number, 20)), random.normal(0, 1, number), frequency * 0 - 3
    arrays = truth, weight, random.poisson(expected * 2), expected, frequency
    return (
        Prediction(*(torch.from_numpy(np.nan_to_num(part, nan=-3.0)) for part in told)),
        Targets(*(torch.from_numpy(part.astype(np.float64)) for part in arrays)),
    )


def test_each_part_is_what_others_compute():
    told, truth = made()
    found = evaluate(told, truth)
    counted = truth.weight.bool()
    kl = entropy(truth.distribution.numpy(), told.residues.softmax(-1).numpy(), axis=1)
    assert found.divergence == pytest.approx(kl[counted].mean())
    given = truth.expected > 0
    mean = (truth.expected * told.rate.exp())[given]
    assert found.deviance == pytest.approx(mean_poisson_deviance(truth.observed[given], mean) / 2)
    known = ~truth.frequency.isnan()
    error = mean_squared_error(truth.frequency[known], told.frequency[known])
    assert found.error == pytest.approx(error**0.5)


def test_the_truth_itself_costs_nothing():
    _, truth = made()
    logs = truth.distribution.clamp(min=1e-30).log()
    assert divergence(truth.distribution, logs).numpy() == pytest.approx(np.zeros(12), abs=1e-12)
    rate = (truth.observed.clamp(min=1e-9) / truth.expected.clamp(min=1e-6)).log()
    perfect = evaluate(Prediction(logs, rate, truth.frequency.nan_to_num()), truth)
    assert perfect.recovery == pytest.approx(1)
    assert perfect.deviance == pytest.approx(0, abs=1e-6)
    assert perfect.error == 0


def test_gradients_are_finite_and_none_where_nothing_is_given():
    told, truth = made()
    parts = [part.clone().requires_grad_() for part in told]
    torch.stack(losses(Prediction(*parts), truth).means()).sum().backward()
    residues, rate, frequency = (part.grad for part in parts)
    assert all(gradient.isfinite().all() for gradient in (residues, rate, frequency))
    assert not residues[5].any()
    assert residues[4].any()
    assert rate[3] == 0
    assert not frequency[truth.frequency.isnan()].any()
    assert frequency[~truth.frequency.isnan()].all()


def test_where_nothing_is_given_there_is_no_judgement():
    told, truth = made()
    nothing = truth._replace(
        expected=truth.expected * 0, frequency=torch.full_like(truth.frequency, torch.nan)
    )
    assert evaluate(told, nothing)[2:] == (None, None)


def test_proteins_are_judged_each_by_itself():
    told, truth = made()
    single = by_protein(told, truth, [4, 0, 8])
    apart = divergence(truth.distribution, told.residues.log_softmax(-1))
    assert single[0] == pytest.approx(apart[:4].mean().item())
    assert single[1] == 0
    assert single[2] == pytest.approx(apart[[4, *range(6, 12)]].mean().item())
