import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.analysis.coevolution import average_product_corrected, coevolution


def test_it_computes_its_definition():
    strength = np.array([[9.0, 1, 2], [1, 9, 4], [2, 4, 9]])
    # means over the others 1.5, 2.5, 3; of all pairs 7 / 3
    expected = 1 - 1.5 * 2.5 / (7 / 3)
    corrected = average_product_corrected(strength)
    assert corrected[0, 1] == corrected[1, 0]
    np.testing.assert_allclose(corrected[0, 1], expected)
    assert (np.diag(corrected) == 0).all()


@given(st.integers(0, 999), st.integers(2, 12))
@settings(max_examples=30)
def test_what_is_a_product_of_positions_is_taken_away(seed, length):
    """Where strengths are a_i * a_j, nearly nothing is left: exactly so for equal a."""
    assert np.abs(average_product_corrected(np.full((length, length), 0.3))).max() < 1e-15
    codes = np.random.default_rng(seed).integers(0, 21, (20, length))
    corrected = average_product_corrected(coevolution(codes))
    assert (corrected == corrected.T).all()
    assert np.isfinite(corrected).all()


def test_nothing_is_left_of_one_position_or_of_zeros():
    assert average_product_corrected(np.ones((1, 1))).tolist() == [[0]]
    assert not average_product_corrected(np.zeros((3, 3))).any()


def test_it_takes_shared_ancestry_away(planted, precision):
    """Four clades, each with residues of its own that positions keep to a different degree."""
    codes, pairs = planted
    random = np.random.default_rng(1)
    own = random.integers(0, 20, (4, codes.shape[1]))[random.integers(0, 4, len(codes))]
    kept = random.random(codes.shape) < random.uniform(0, 0.7, codes.shape[1])
    plain = coevolution(np.where(kept, own, codes))
    assert precision(plain, pairs) <= 0.1
    assert precision(average_product_corrected(plain), pairs) >= 0.4
