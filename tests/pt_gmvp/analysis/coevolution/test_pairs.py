import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pt_gmvp.analysis.coevolution.pairs import ranked_pairs, write_pairs


def symmetric(seed: int, length: int) -> np.ndarray:
    """Few different values, so that many are equal."""
    drawn = np.triu(np.random.default_rng(seed).integers(0, 5, (length, length)) / 4.0)
    return np.maximum(drawn, drawn.T)


@given(st.integers(0, 999), st.integers(1, 14), st.integers(1, 5), st.none() | st.integers(1, 30))
@settings(max_examples=60)
def test_it_is_what_sorting_gives(seed, length, separation, top):
    strength = symmetric(seed, length)
    expected = sorted(
        (-strength[i, j], i, j) for i in range(length) for j in range(i + separation, length)
    )[:top]
    found = ranked_pairs(strength, min_separation=separation, top=top)
    assert [(-s, i, j) for i, j, s in zip(*found, strict=True)] == expected


def test_many_rows_are_taken_some_at_a_time(monkeypatch):
    strength = symmetric(0, 20)
    expected = ranked_pairs(strength, top=25)
    monkeypatch.setattr("pt_gmvp.analysis.coevolution.pairs._ROWS", 3)
    for one, other in zip(ranked_pairs(strength, top=25), expected, strict=True):
        assert (one == other).all()


def test_separation_counts_numbers_not_columns():
    strength = np.ones((3, 3))
    found = ranked_pairs(strength, [1, 2, 9], min_separation=6)
    assert list(zip(found.i, found.j, strict=True)) == [(0, 2), (1, 2)]


def test_the_table(tmp_path):
    strength = np.array([[1, 0.25, 0.5], [0.25, 1, 0.125], [0.5, 0.125, 1]])
    positions = np.array([10, 11, 20])
    path = tmp_path / "pairs.tsv"
    write_pairs(path, ranked_pairs(strength, positions, min_separation=1), "MKV", positions)
    assert path.read_text() == (
        "i\tresidue_i\tj\tresidue_j\tstrength\n"
        "10\tM\t20\tV\t0.5\n10\tM\t11\tK\t0.25\n11\tK\t20\tV\t0.125\n"
    )
