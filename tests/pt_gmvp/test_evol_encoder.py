from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.config import ConfigError
from pt_gmvp.data import Batch
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.residues import ResidueCodeError

TYPES = ("none", "fre", "cov", "cov_all", "inv_cov")
WEIGHTINGS = ("spe", "none")
NORMS = ("released", "paper")


def alignment(batch: int, window: int, seed: int, lowest: int = 0, highest: int = 22):
    """A random alignment, (B, L, 400) float64, of few residues, so that states repeat."""
    rng = np.random.default_rng(seed)
    residues = rng.integers(lowest, highest, (batch, window, 400))
    return torch.from_numpy(residues.astype(np.float64))


def encoder(pairwise_type: str, weighting: str, norm: str = "released", seed: int = 0):
    layer = EvolEncoder(pairwise_type, weighting, norm).double()
    if weighting == "spe":
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            layer.species_weights.copy_(torch.randn(1, 200, generator=generator))
    return layer


def by_definition(layer: EvolEncoder, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and all covariances (L, L, A, A) of one alignment (L, 400), in loops."""
    window = len(x)
    s = np.full(200, 1 / 200)
    if layer.weighting_schema == "spe":
        s = np.exp(layer.species_weights[0].detach().numpy())
        s /= s.sum()
    states = np.zeros((window, 200, 21))
    for position in range(window):
        for species in range(200):
            if 0 <= int(x[position, species]) <= 20:
                states[position, species, int(x[position, species])] = 1
    frequencies = sum(s[n] * states[:, n] for n in range(200))
    if layer.pairwise_type != "fre":
        states = states - frequencies[:, None]
    pairs = np.empty((window, window, 21, 21))
    for i in range(window):
        for j in range(window):
            pairs[i, j] = sum(s[n] * np.outer(states[i, n], states[j, n]) for n in range(200))
    return frequencies, pairs


def pairwise_by_definition(layer: EvolEncoder, pairs: np.ndarray) -> np.ndarray:
    window = len(pairs)
    flat = pairs.reshape(window, window, 441)
    used = 20 if layer.pairwise_norm == "paper" else 21
    norm = np.sqrt((pairs[..., :used, :used] ** 2).sum((-2, -1)) + 1e-12)
    with_norm = np.concatenate([flat, norm[..., None]], -1)
    if layer.pairwise_type == "inv_cov":
        size = window * 21
        matrix = pairs.transpose(0, 2, 1, 3).reshape(size, size) + 0.01 * np.eye(size)
        rows = np.linalg.inv(matrix).reshape(window, 21, window, 21)[window // 2]
        return rows.transpose(1, 0, 2).reshape(window, 441)
    return {"fre": flat[window // 2], "cov": with_norm[window // 2], "cov_all": with_norm}[
        layer.pairwise_type
    ]


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("pairwise_type", TYPES)
def test_it_computes_its_definition(pairwise_type: str, weighting: str, norm: str) -> None:
    layer = encoder(pairwise_type, weighting, norm)
    x = alignment(2, 5, seed=1)
    frequencies, pairwise = layer(x)
    for row in range(2):
        expected, pairs = by_definition(layer, x[row].numpy())
        np.testing.assert_allclose(frequencies[row].detach(), expected, atol=1e-14)
        if pairwise_type == "none":
            assert pairwise is None
            continue
        expected = pairwise_by_definition(layer, pairs)
        assert pairwise[row].shape == expected.shape
        np.testing.assert_allclose(pairwise[row].detach(), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("pairwise_type", TYPES)
def test_golden(pairwise_type: str, weighting: str, golden: Path, batch: Batch, assert_rounding):
    # Also under "spe" the original's species weights were those it starts with: all alike.
    x = batch.feature[: 1 if pairwise_type == "inv_cov" else 2, :, 21:421]
    with np.load(golden / "evol_encoder.npz") as archive, torch.no_grad():
        ours = [
            EvolEncoder(pairwise_type, weighting).to(dtype)(x.to(dtype))
            for dtype in (torch.float32, torch.float64)
        ]
        name = f"{weighting}/{pairwise_type}"
        frequencies, pairwise = zip(*ours, strict=True)
        assert_rounding(archive[f"{name}/frequencies"], *frequencies, name)
        if pairwise_type != "none":
            every = np.s_[:, ::32, ::32] if pairwise_type == "cov_all" else np.s_[:, ::16]
            assert_rounding(archive[f"{name}/pairwise"], *(p[every] for p in pairwise), name)


@settings(max_examples=20)
@given(st.permutations(range(200)), st.sampled_from(TYPES))
def test_equal_weights_do_not_tell_species_apart(order: list[int], pairwise_type: str) -> None:
    layer = EvolEncoder(pairwise_type, "spe").double()
    x = alignment(1, 3, seed=2)
    for one, other in zip(layer(x), layer(x[..., order]), strict=True):
        if one is not None:
            torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_only_the_first_200_columns_matter() -> None:
    layer = encoder("cov", "spe")
    x = alignment(1, 3, seed=3)
    other = x.clone()
    other[..., 200:] = -7
    assert torch.equal(layer(x)[1], layer(other)[1])


def test_residues_out_of_range_count_as_none() -> None:
    layer = EvolEncoder("none", "none").double()
    x = torch.zeros(1, 1, 400).double()
    x[..., :100] = 21
    x[..., 100:150] = 1e20
    x[..., 150:190] = -0.9
    frequencies = layer(x)[0]
    torch.testing.assert_close(frequencies[0, 0, 0].item(), 0.25)
    torch.testing.assert_close(frequencies.sum().item(), 0.25)


def test_the_norm_has_a_finite_gradient_where_nothing_varies() -> None:
    layer = encoder("cov", "spe")
    layer(torch.zeros(1, 3, 400).double())[1].sum().backward()
    assert layer.species_weights.grad.isfinite().all()


def test_the_gradient_is_that_of_its_values() -> None:
    x = alignment(1, 3, seed=4, highest=5)
    for pairwise_type in TYPES[1:]:
        layer = encoder(pairwise_type, "spe")

        def value(weights: torch.Tensor, layer: EvolEncoder = layer) -> torch.Tensor:
            frequencies, pairwise = torch.func.functional_call(
                layer, {"species_weights": weights}, x
            )
            return (pairwise * torch.arange(pairwise.shape[-1])).mean() + frequencies.square().sum()

        weights = layer.species_weights
        gradient = torch.autograd.grad(value(weights), weights)[0]
        step = torch.zeros_like(weights)
        step[0, 17] = 1e-5
        slope = (value(weights + step) - value(weights - step)) / 2e-5
        torch.testing.assert_close(gradient[0, 17], slope, rtol=1e-5, atol=1e-9)


def test_trace_is_forward() -> None:
    layer = encoder("cov", "spe")
    x = alignment(1, 3, seed=5)
    intermediates = layer.trace(x)
    assert list(intermediates) == ["frequencies", "pairwise"]
    assert all(torch.equal(a, b) for a, b in zip(intermediates.values(), layer(x), strict=True))


def test_bad_codes_are_refused_unless_told_not_to() -> None:
    x = torch.zeros(2, 3, 400)
    x[1, 0, 9] = float("nan")
    x[1, 0, 300] = -5
    with pytest.raises(ResidueCodeError, match=r"x\[1, 0, 9\]: residue code nan at batch row 1, "):
        EvolEncoder()(x)
    assert EvolEncoder(validate=False)(x)[1].isfinite().all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cow",), "pairwise_type is 'cow'; allowed: none, fre, cov, cov_all, inv_cov"),
        (("cov", "all"), "weighting_schema is 'all'; allowed: spe, none"),
        (("cov", "spe", "l2"), "pairwise_norm is 'l2'; allowed: released, paper"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        EvolEncoder(*arguments)
    assert str(refused.value) == message


def test_its_repr_shows_the_configuration() -> None:
    assert repr(EvolEncoder()) == "EvolEncoder('cov', 'spe', 'released')"
