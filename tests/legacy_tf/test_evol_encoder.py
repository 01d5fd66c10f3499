import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from legacy_tf.config import ConfigError
from legacy_tf.evol_encoder import EvolEncoder

PAIRWISE_TYPES = ("none", "fre", "cov", "cov_all", "inv_cov")


def encoder(pairwise_type, weighting="spe", norm="released", weights=None, dtype="float64"):
    layer = EvolEncoder(pairwise_type, weighting, norm, dtype=dtype)
    layer.build((None, None, 400))
    if weights is not None:
        layer.species_weights.assign(weights.astype(dtype))
    return layer


def alignment(window, seed=0, batch=2):
    """Random residues (B, L, 400): the identities, of which nothing may depend, included."""
    return np.random.default_rng(seed).integers(0, 21, (batch, window, 400)).astype(np.float64)


def by_hand(x, weights, pairwise_type):
    """The formulas once more, as loops of numpy over pairs of positions."""
    s = np.exp(weights[0]) / np.exp(weights[0]).sum()
    states = (x[:, :, :200, np.newaxis].astype(int) == np.arange(21)).astype(float)
    frequencies = np.einsum("n,blna->bla", s, states)
    parts = states if pairwise_type == "fre" else states - frequencies[:, :, np.newaxis]
    batch, window = x.shape[:2]
    pairs = np.zeros((batch, window, window, 21, 21))
    for i in range(window):
        for j in range(window):
            pairs[:, i, j] = np.einsum("n,bnp,bnq->bpq", s, parts[:, i], parts[:, j])
    if pairwise_type == "inv_cov":
        size = window * 21
        whole = pairs.transpose(0, 1, 3, 2, 4).reshape(batch, size, size) + 0.01 * np.eye(size)
        inverse = np.linalg.inv(whole).reshape(batch, window, 21, window, 21)
        pairs[:] = inverse.transpose(0, 1, 3, 2, 4)
    flat = pairs.reshape(batch, window, window, 441)
    if pairwise_type.startswith("cov"):
        norm = np.sqrt((flat**2).sum(-1, keepdims=True) + 1e-12)
        flat = np.concatenate([flat, norm], axis=-1)
    return frequencies, flat if pairwise_type == "cov_all" else flat[:, window // 2]


@pytest.mark.slow
# In evol_encoder.npz, the arrays of `spe` are bitwise those of `none`: they were made with the
# species weights still at zero. Other weights are tested by the golden models, and by hand below.
@pytest.mark.parametrize("weighting", ["spe", "none"])
@pytest.mark.parametrize("pairwise_type", PAIRWISE_TYPES)
def test_every_type_is_the_originals(
    pairwise_type, weighting, golden, default_case, assert_archive
):
    prefix = f"{weighting}/{pairwise_type}/"
    with np.load(golden / "evol_encoder.npz") as archive:
        wanted = {n.removeprefix(prefix): archive[n] for n in archive.files if prefix in n}
    assert ("pairwise" in wanted) == (pairwise_type != "none")
    x = default_case.batch["feature"][: 1 if pairwise_type == "inv_cov" else 2, :, 21:421]
    ours = []
    for dtype in ("float32", "float64"):
        intermediates = encoder(pairwise_type, weighting, dtype=dtype).trace(x)
        found = {
            n: intermediate.numpy()
            for n, intermediate in intermediates.items()
            if intermediate is not None
        }
        if pairwise_type == "cov_all":
            found["pairwise"] = found["pairwise"][:, ::32, ::32]
        elif pairwise_type != "none":
            found["pairwise"] = found["pairwise"][:, ::16]
        ours.append(found)
    assert_archive(wanted, *ours)


@pytest.mark.parametrize("pairwise_type", PAIRWISE_TYPES[1:])
@pytest.mark.parametrize("window", [1, 4, 5])
def test_the_formulas_by_hand(pairwise_type, window):
    weights = np.random.default_rng(1).normal(size=(1, 200))
    x = alignment(window)
    frequencies, pairwise = encoder(pairwise_type, weights=weights)(x)
    wanted = by_hand(x, weights, pairwise_type)
    np.testing.assert_allclose(frequencies, wanted[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(pairwise, wanted[1], rtol=1e-10, atol=1e-10)


def test_the_state_of_the_center_is_the_slow_index():
    x = np.zeros((1, 3, 400))
    x[:, 1], x[:, 2] = 5, 7
    _, pairwise = encoder("fre", "none")(x)
    assert np.argmax(pairwise[0, 2]) == 5 * 21 + 7


def test_without_pairwise_there_is_no_second_output():
    assert encoder("none")(alignment(3))[1] is None


def test_the_norm_of_the_paper_leaves_the_gap_out():
    x = alignment(5)
    released, paper = (encoder("cov", "none", norm)(x)[1].numpy() for norm in ("released", "paper"))
    assert np.array_equal(released[..., :441], paper[..., :441])
    squares = paper[..., :441].reshape(2, 5, 21, 21) ** 2
    wanted = np.sqrt(squares[..., :20, :20].sum((-1, -2)) + 1e-12)
    np.testing.assert_allclose(paper[..., 441], wanted, rtol=1e-12)
    assert (released[..., 441] > paper[..., 441]).all()


def test_only_the_residues_count_and_not_the_identities():
    x = alignment(3)
    other = x.copy()
    other[:, :, 200:] = np.nan
    for ours, theirs in zip(encoder("cov")(x), encoder("cov")(other), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("value", [-1, 21, 1000])
def test_a_residue_out_of_range_is_a_row_of_zeros(value):
    x = alignment(3)
    x[:, :, 0] = value
    frequencies, _ = encoder("cov", "none")(x)
    np.testing.assert_allclose(frequencies.numpy().sum(-1), 199 / 200, rtol=1e-12)


def test_residues_are_cast_by_truncation():
    x = alignment(3)
    shifted = np.where(x == 0, -0.5, x + 0.9)
    assert np.array_equal(encoder("cov")(x)[1], encoder("cov")(shifted)[1])


def test_a_conserved_column_has_a_finite_gradient():
    layer = encoder("cov")
    with tf.GradientTape() as tape:
        norms = tf.reduce_sum(layer(np.zeros((1, 3, 400)))[1][..., -1])
    assert np.isfinite(tape.gradient(norms, layer.species_weights)).all()
    np.testing.assert_allclose(norms, 3e-6, rtol=1e-6)


residues = arrays.arrays(np.int64, (1, 3, 200), elements=st.integers(-2, 22))
weightings = arrays.arrays(np.float64, (1, 200), elements=st.floats(-5, 5))


def widen(residues):
    return np.concatenate([residues, np.zeros_like(residues)], axis=-1).astype(np.float64)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(residues, weightings)
def test_frequencies_are_a_distribution_over_known_residues(found, weights):
    layer = encoder("fre", weights=weights)
    frequencies, joint = (output.numpy() for output in layer(widen(found)))
    known = ((found >= 0) & (found <= 20)) @ layer.normalized_species_weights().numpy()
    np.testing.assert_allclose(frequencies.sum(-1), known, atol=1e-12)
    assert (frequencies >= 0).all()
    # What is joint with itself is the frequency; the rest of the square is zero.
    np.testing.assert_allclose(
        joint[:, 1].reshape(1, 21, 21), frequencies[:, 1, np.newaxis] * np.eye(21), atol=1e-12
    )


@settings(deadline=None, max_examples=25, derandomize=True)
@given(residues, weightings, st.randoms(use_true_random=False))
def test_the_order_of_the_species_does_not_matter(found, weights, random):
    order = random.sample(range(200), 200)
    ours = encoder("cov", weights=weights)(widen(found))
    theirs = encoder("cov", weights=weights[:, order])(widen(found[..., order]))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(residues, weightings)
def test_the_center_of_all_pairs_is_the_centers_covariance(found, weights):
    _, centered = encoder("cov", weights=weights)(widen(found))
    _, whole = encoder("cov_all", weights=weights)(widen(found))
    np.testing.assert_allclose(whole[:, 1], centered, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("covariance",),
            "pairwise_type is 'covariance'; allowed is one of none, fre, cov, cov_all",
        ),
        (("cov", "mean"), "weighting_schema is 'mean'; allowed is one of spe, none"),
        (("cov", "spe", "l1"), "pairwise_norm is 'l1'; allowed is one of released, paper"),
    ],
)
def test_anything_else_is_an_error(arguments, message):
    with pytest.raises(ConfigError, match=message):
        EvolEncoder(*arguments)


def test_the_layer_can_be_made_again_from_its_config():
    layer = EvolEncoder("fre", "none", "paper", dtype="float64")
    assert EvolEncoder.from_config(layer.get_config()).get_config() == layer.get_config()
