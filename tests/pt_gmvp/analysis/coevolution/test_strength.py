"""The strength against the EvolEncoder and the original, its laws, and what it finds."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.analysis.coevolution.strength import (
    METHODS,
    average_product_corrected,
    coevolution,
    count_steps,
)
from pt_gmvp.evol_encoder import EvolEncoder
from pt_gmvp.residues import ResidueCodeError

NORMS = ("released", "paper")

seeds = st.integers(0, 1000)
norms = st.sampled_from(NORMS)
methods = st.sampled_from(sorted(METHODS))


def drawn(seed: int, sequences: int = 40, length: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Codes of few states each, gaps among them, and weights of which some are 0."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 5, (sequences, length)) * random.integers(0, 6, length) % 21
    codes[random.random(codes.shape) < 0.1] = 20
    return codes, random.random(sequences) * (random.random(sequences) < 0.9)


def by_encoder(codes: np.ndarray, norm: str, weights: np.ndarray | None = None) -> np.ndarray:
    """The last column of the EvolEncoder's `cov_all` in float64; codes (200, L)."""
    layer = EvolEncoder("cov_all", "none" if weights is None else "spe", norm).double()
    if weights is not None:
        with torch.no_grad():
            layer.species_weights[0] = torch.from_numpy(np.log(weights))
    x = np.zeros((1, codes.shape[1], 400))
    x[0, :, :200] = codes.T
    with torch.no_grad():
        return layer(torch.from_numpy(x))[1][0, ..., -1].numpy()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("norm", NORMS)
def test_it_is_the_last_column_of_the_encoder_s_cov_all(norm, weighted, method):
    random = np.random.default_rng(3)
    codes = random.integers(0, 21, (200, 40))
    weights = random.uniform(0.1, 5, 200) if weighted else None
    found = coevolution(codes, weights, norm, method=method, block=9)
    # With weights the products are float32.
    bound = 2e-7 if weighted and method == "product" else 1e-14
    np.testing.assert_allclose(found, by_encoder(codes, norm, weights), rtol=0, atol=bound)


@pytest.mark.parametrize("kind", ["cov", "cov_all"])
def test_golden(kind, golden, batch, assert_rounding):
    """The original's own values for the windows of the first two shipped records."""
    with np.load(golden / "evol_encoder.npz") as archive:
        expected = archive[f"spe/{kind}/pairwise"][..., -1]
    x = batch.feature[:2, :, 21:421]
    with torch.no_grad():
        single = EvolEncoder(kind)(x)[1][..., -1].numpy()
    ours = np.stack([coevolution(row[:, :200].T.numpy().astype(np.uint8)) for row in x])
    every = np.s_[:, ::16] if kind == "cov" else np.s_[:, ::32, ::32]
    if kind == "cov":
        ours = ours[:, 64]
    assert_rounding(expected, single[every], ours[every], kind)


@given(seeds, norms, methods, st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_order_of_the_sequences_does_not_matter(seed, norm, method, random):
    codes, weights = drawn(seed)
    order = list(range(len(codes)))
    random.shuffle(order)
    one = coevolution(codes, weights, norm, method=method)
    other = coevolution(codes[order], weights[order], norm, method=method)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6 if method == "product" else 1e-14)
    plain = coevolution(codes, norm=norm, method=method)
    assert (plain == coevolution(codes[order], norm=norm, method=method)).all()


@given(seeds, norms)
@settings(max_examples=30)
def test_a_sequence_that_is_there_twice_is_one_of_weight_2(seed, norm):
    codes, _ = drawn(seed)
    twice = np.arange(len(codes)) % 3 == 0
    one = coevolution(np.concatenate([codes, codes[twice]]), norm=norm)
    assert (one == coevolution(codes, 1 + twice, norm)).all()


@given(seeds, norms, st.floats(1e-3, 1e3))
@settings(max_examples=30)
def test_the_scale_of_the_weights_does_not_matter(seed, norm, scale):
    codes, weights = drawn(seed)
    one, other = (coevolution(codes, weights * by, norm) for by in (1, scale))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-14)


@given(seeds, norms, methods)
@settings(max_examples=30)
def test_it_is_exactly_symmetric_and_finite_and_at_least_the_epsilon(seed, norm, method):
    codes, weights = drawn(seed)
    found = coevolution(codes, weights, norm, method=method, block=3)
    assert (found == found.T).all()
    assert found.dtype == np.float64
    assert found.min() >= 1e-6
    assert found.max() < 1


@given(seeds, norms, methods, st.integers(1, 9))
@settings(max_examples=30)
def test_the_blocks_do_not_matter(seed, norm, method, block):
    codes, _ = drawn(seed)
    steps: list[int] = []
    found = coevolution(codes, norm=norm, method=method, block=block, advance=steps.append)
    np.testing.assert_allclose(found, coevolution(codes, norm=norm), rtol=1e-14, atol=1e-14)
    assert sum(steps) == count_steps(codes.shape[1], block)


@given(seeds, methods)
@settings(max_examples=30)
def test_the_paper_s_norm_is_never_above_the_released_one(seed, method):
    codes, weights = drawn(seed)
    paper, released = (coevolution(codes, weights, norm, method=method) for norm in NORMS[::-1])
    assert (paper <= released).all()
    # and is the same where nobody has a gap
    codes[codes == 20] = 3
    np.testing.assert_allclose(coevolution(codes, norm="paper"), coevolution(codes), rtol=1e-14)


def test_one_position_and_one_sequence():
    assert coevolution([[3]]).tolist() == [[1e-6]]
    assert coevolution([[3], [4]])[0, 0] == pytest.approx(0.5)


def test_coupled_pairs_come_out_on_top(planted, precision):
    codes, pairs = planted
    for norm in NORMS:
        assert precision(coevolution(codes, norm=norm), pairs) == 1.0
    # The control: each position shuffled by itself keeps its residues and loses its partner.
    shuffled = np.random.default_rng(2).permuted(codes, axis=0)
    assert precision(coevolution(shuffled), pairs) <= 0.1


def test_the_planted_mistake_of_not_centring_is_seen(planted, precision):
    """Joint frequencies in the covariance's place rank the most conserved pairs first."""
    codes, pairs = planted
    states = (codes[..., None] == np.arange(21)).astype(float)
    flat = states.reshape(len(codes), -1)
    joint = (flat.T @ flat / len(codes)).reshape(codes.shape[1], 21, codes.shape[1], 21)
    assert precision(np.sqrt((joint**2).sum((1, 3))), pairs) <= 0.1


@pytest.mark.slow
def test_memory_does_not_grow_with_the_one_hot_alignment():
    """20,000 sequences of 100 positions: one-hot they would be 42 MB even in single bytes."""
    code = """
import pathlib, numpy, torch
from pt_gmvp.analysis.coevolution.strength import coevolution
def peak():  # not getrusage's, which begins with that of the parent
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
codes = numpy.random.default_rng(0).integers(0, 21, (20_000, 100)).astype(numpy.uint8)
coevolution(codes[:500])
before = peak()
coevolution(codes, block=16)
print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 0 < int(done.stdout) / 1024 < 30


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        ([[0, 21]], r"codes\[0, 1\]: residue code 21 at sequence 0, position 1"),
        ([[0, 1], [-1, 2]], r"codes\[1, 0\]: residue code -1"),
    ],
)
def test_codes_that_are_none(codes, message):
    with pytest.raises(ResidueCodeError, match=message):
        coevolution(codes)


def test_codes_that_are_no_whole_numbers():
    with pytest.raises(InputError, match="codes are float64; expected whole numbers"):
        coevolution([[0.5]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1],), r"codes are \(2,\); expected \(sequences, positions\)"),
        ((np.zeros((0, 3), int),), r"codes are \(0, 3\)"),
        (([[0]], [1, 2]), r"weights are \(2,\); expected \(1,\)"),
        (([[0]], [-1]), "not negative"),
        (([[0]], [0]), "not all 0"),
        (([[0]], [np.nan]), "must be finite"),
        (([[0]], None, "l2"), "norm is 'l2'; expected released or paper"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        coevolution(*arguments)


def test_options_that_are_refused():
    with pytest.raises(InputError, match="method is 'fft'; expected scatter or product"):
        coevolution([[0]], method="fft")
    with pytest.raises(InputError, match="block is 0"):
        coevolution([[0]], block=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_gpu_gives_the_same():
    codes, weights = drawn(7, 3000, 150)
    for norm in NORMS:
        assert (
            coevolution(codes, norm=norm, device="cuda") - coevolution(codes, norm=norm)
        ).max() < 1e-14
        found = coevolution(codes, weights, norm, device="cuda")
        np.testing.assert_allclose(found, coevolution(codes, weights, norm), rtol=0, atol=1e-6)


def test_the_average_product_correction_computes_its_definition():
    strength = np.array([[9.0, 1, 2], [1, 9, 4], [2, 4, 9]])
    # means over the others 1.5, 2.5, 3; of all pairs 7 / 3
    expected = 1 - 1.5 * 2.5 / (7 / 3)
    corrected = average_product_corrected(strength)
    assert corrected[0, 1] == corrected[1, 0]
    np.testing.assert_allclose(corrected[0, 1], expected)
    assert (np.diag(corrected) == 0).all()


@given(st.integers(0, 999), st.integers(2, 12))
@settings(max_examples=30)
def test_the_correction_removes_products_of_positions(seed, length):
    """Of strengths a_i * a_j nearly nothing is left, and nothing if all a are equal."""
    assert np.abs(average_product_corrected(np.full((length, length), 0.3))).max() < 1e-15
    codes = np.random.default_rng(seed).integers(0, 21, (20, length))
    corrected = average_product_corrected(coevolution(codes))
    assert (corrected == corrected.T).all()
    assert np.isfinite(corrected).all()


def test_the_correction_leaves_nothing_of_one_position_or_of_zeros():
    assert average_product_corrected(np.ones((1, 1))).tolist() == [[0]]
    assert not average_product_corrected(np.zeros((3, 3))).any()


def test_the_correction_removes_shared_ancestry(planted, precision):
    """Four clades with their own residues, which positions keep to different degrees."""
    codes, pairs = planted
    random = np.random.default_rng(1)
    own = random.integers(0, 20, (4, codes.shape[1]))[random.integers(0, 4, len(codes))]
    kept = random.random(codes.shape) < random.uniform(0, 0.7, codes.shape[1])
    plain = coevolution(np.where(kept, own, codes))
    assert precision(plain, pairs) <= 0.1
    assert precision(average_product_corrected(plain), pairs) >= 0.4
