"""Fresh weights against Keras' formulas; bounds are five standard errors of the statistic."""

import math

import pytest
import torch

from pt_gmvp.config import ModelConfig
from pt_gmvp.initializers import fans, glorot_uniform_
from pt_gmvp.model import GMVP

# Canonical shape, as Keras has it, of every weight that starts Glorot uniform.
GLOROT = {
    "variant_encoding.weight": (91, 96),
    "neighbor_encoding.weight": (73, 96),
    "pairwise_encoding.weight": (442, 96),
    "logit.weight": (64, 1),
    "mha.agg_v": (1, 4, 1, 16),
    "mha.bias_k": (1, 1, 64),
    "mha.bias_v": (1, 1, 64),
    "mha.bias_pairwise": (1, 1, 64),
    "mha.wq.weight": (96, 64),
    "mha.wk.weight": (96, 64),
    "mha.wv.weight": (96, 64),
    "mha.out_proj.weight": (64, 64),
    "mha.w_pairwise.weight": (96, 64),
    "gru.weight_ih": (96, 192),
}


@pytest.fixture(scope="module")
def fresh() -> GMVP:
    generator = torch.Generator().manual_seed(7)
    return GMVP(ModelConfig(d_fc=96, d_model=64), generator=generator)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 5), (3, 5)), ((2, 3, 5), (6, 10)), ((1, 4, 1, 8), (4, 32)), ((1, 1, 64), (1, 64))],
)
def test_fans_count_leading_axes_as_a_receptive_field(
    shape: tuple[int, ...], expected: tuple[int, int]
) -> None:
    assert fans(shape) == expected


@pytest.mark.parametrize("name", GLOROT)
def test_glorot_uniform(name: str, fresh: GMVP) -> None:
    shape = GLOROT[name]
    values = fresh.state_dict()[name]
    inputs, outputs = fans(shape)
    limit, n = math.sqrt(6 / (inputs + outputs)), values.numel()
    assert n == math.prod(shape)
    # The largest of n uniform values is below limit * (1 - x) with probability (1 - x)^n.
    assert limit * (1 - 12 / n) < values.abs().max() <= limit
    assert abs(values.mean()) < 5 * limit / math.sqrt(3 * n)
    # The square of a uniform variable has mean limit^2 / 3 and variance limit^4 * 4 / 45.
    assert abs(values.square().mean() - limit**2 / 3) < 5 * limit**2 * math.sqrt(4 / 45 / n)


def test_the_rest_starts_at_zero_but_for_the_recurrent_kernel(fresh: GMVP) -> None:
    rest = {name: value for name, value in fresh.state_dict().items() if name not in GLOROT}
    kernel = rest.pop("gru.weight_hh")
    assert all(not value.any() for value in rest.values())
    assert set(rest) >= {"mha.position_bias", "evol_encoder.species_weights", "gru.bias_hh"}
    torch.testing.assert_close(kernel.T @ kernel, torch.eye(64))
    # Orthogonal as a whole, which no gate's block is by itself.
    block = kernel[:64]
    assert (block.T @ block - torch.eye(64)).abs().max() > 0.1


def test_a_generator_decides_the_values() -> None:
    config = ModelConfig(d_fc=8, d_model=8)
    states = [
        GMVP(config, generator=torch.Generator().manual_seed(seed)).state_dict()
        for seed in (1, 1, 2)
    ]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not torch.equal(states[0]["gru.weight_hh"], states[2]["gru.weight_hh"])


def test_a_float64_model_draws_in_float64() -> None:
    model = GMVP(ModelConfig(d_fc=8, d_model=8)).double()
    model.reset_parameters(torch.Generator().manual_seed(1))
    kernel = model.gru.weight_hh
    torch.testing.assert_close(kernel.T @ kernel, torch.eye(8, dtype=torch.float64))
    assert (model.logit.weight.float().double() != model.logit.weight).any()


def test_kerass_shape_can_be_given_where_the_layout_differs() -> None:
    tensor = glorot_uniform_(torch.empty(4000), (1, 4000), torch.Generator().manual_seed(0))
    assert tensor.abs().max() <= math.sqrt(6 / 4001)
