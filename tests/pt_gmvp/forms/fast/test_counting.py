import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.forms.fast import counting
from pt_gmvp.forms.fast.counting import relate
from pt_gmvp.forms.fast.evol_encoder import encode

TYPES = ("none", "fre", "cov", "cov_all", "inv_cov")
CODES = [*range(21), 21, 22.5, 3.75, -0.5, -0.0, 1e20]


def encoder(pairwise_type: str, weighting: str, norm: str, seed: int) -> EvolEncoder:
    layer = EvolEncoder(pairwise_type, weighting, norm).double()
    if weighting == "spe":
        random = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            layer.species_weights.copy_(3 * torch.randn(1, 200, generator=random))
    return layer


def alignment(batch: int, window: int, states: int, seed: int) -> torch.Tensor:
    """Codes (B, L, 400), at most so many at a position."""
    random = np.random.default_rng(seed)
    choice = random.choice(CODES, (batch, window, states))
    picked = random.integers(0, states, (batch, window, 400))
    return torch.from_numpy(np.take_along_axis(choice, picked, 2))


@settings(max_examples=60)
@given(
    pairwise_type=st.sampled_from(TYPES),
    weighting=st.sampled_from(["spe", "none"]),
    norm=st.sampled_from(["released", "paper"]),
    batch=st.integers(0, 4),
    window=st.sampled_from([1, 2, 3, 5]),
    states=st.sampled_from([1, 2, 5, 60]),
    seed=st.integers(0, 10_000),
)
def test_it_computes_what_the_encoder_does(
    pairwise_type: str,
    weighting: str,
    norm: str,
    batch: int,
    window: int,
    states: int,
    seed: int,
) -> None:
    layer = encoder(pairwise_type, weighting, norm, seed)
    x = alignment(batch, window, states, seed)
    found, expected = encode(layer, x), layer(x)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)
    if weighting == "none":
        return
    random = torch.Generator().manual_seed(seed)
    weights = [torch.randn(y.shape, generator=random) for y in expected if y is not None]
    one, other = (
        torch.autograd.grad(
            sum((w * y).sum() for w, y in zip(weights, ys, strict=False)), layer.species_weights
        )[0]
        for ys in (found, expected)
    )
    torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("total", [1.0, 1 + 1e-6])
def test_weights_that_rounding_keeps_from_one(total: float) -> None:
    """The plain form's products are what is meant, also where the weights sum to a bit more."""
    x = alignment(2, 3, 5, 1)[..., :200]
    weights = torch.full((200,), total / 200, dtype=torch.float64)
    states = torch.nn.functional.one_hot(counting.states(x), 22)[..., :21].double()
    frequencies = torch.einsum("n,blnx->blx", weights, states)
    deviations = states - frequencies[:, :, None]
    expected = torch.einsum("n,bnx,blny->blxy", weights, deviations[:, 1], deviations)
    found = relate(x, weights, True, 0).dense()
    atol = (total - 1) ** 2 + 1e-15
    torch.testing.assert_close(found, expected.flatten(-2), rtol=1e-12, atol=atol)


def test_where_all_agree_nothing_varies_in_float32_either() -> None:
    x = torch.zeros(1, 3, 200)
    weights = torch.randn(200, generator=torch.Generator().manual_seed(1)).softmax(-1)
    values = relate(x, weights, True, 21).dense()
    assert values[..., :-1].abs().max() < 1e-13
    torch.testing.assert_close(values[..., -1], torch.full((1, 3), 1e-6, dtype=torch.float64))


def test_only_what_is_there_is_counted() -> None:
    x = torch.zeros(1, 3, 200)
    x[0, 1] = torch.tensor([4.0, 17.0]).repeat(100)
    x[0, 2, :50] = 20
    # Two species with no residue, of which nothing is counted, here and at the centre.
    x[0, 0, 0], x[0, 1, 1] = 21, -1
    weights = torch.full((200,), 1 / 200).double()
    related = relate(x, weights, False, 0)
    assert related.positions.tolist() == [0, 0, 1, 1, 2, 2, 2, 2]
    columns = [84, 357, 84 + 4, 357 + 17, 84, 84 + 20, 357, 357 + 20]
    assert related.columns.tolist() == columns
    counts = torch.tensor([99, 99, 100, 99, 75, 25, 75, 24])
    torch.testing.assert_close(related.counted, counts / 200, check_dtype=False)


def test_only_what_is_not_first_is_left_when_centred() -> None:
    # Of weights that float64 holds exactly, so that what cancels leaves nothing.
    x = torch.zeros(1, 3, 256)
    x[0, 1, :60], x[0, 2, 50:70] = 7, 9
    related = relate(x, torch.full((256,), 1 / 256).double(), True, 0)
    assert related.positions.tolist() == [1, 1, 1, 1, 2, 2, 2, 2]


def test_codes_that_are_none() -> None:
    codes = torch.tensor([-0.9, 0.0, 20.9, 21.0, -1.0, torch.nan, torch.inf, -torch.inf])
    assert counting.states(codes).tolist() == [0, 0, 20, 21, 21, 21, 21, 21]
