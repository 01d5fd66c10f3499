"""Where the errors of an output are, and how large beside its values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.checking import detail
from parity.declaring.trace import Trace
from parity.judging import elementwise
from parity.judging.comparison import compare
from parity.judging.four_runs import FourRuns


def runs_of(ref32, cand32, ref64, cand64):
    """The four runs of a case with one output, y."""

    def trace(dtype, array):
        return Trace("numpy", "2", dtype, {"y": array})

    return FourRuns(
        trace("float32", ref32),
        trace("float32", cand32),
        None if ref64 is None else trace("float64", ref64),
        None if cand64 is None else trace("float64", cand64),
    )


def gathered(ref32, cand32, ref64=None, cand64=None, axes=""):
    runs = runs_of(ref32, cand32, ref64, cand64)
    outputs = compare(runs.map(Trace.named))
    return outputs[0], detail.gather(runs, outputs, {"y": axes}).get("y")


def wrong_at(index, shape, by=0.5):
    """An output that is right but for where `index` says."""
    right = np.random.default_rng(3).uniform(0.5, 1, shape)
    wrong = right.copy()
    wrong[index] += by
    r32, w32, r64, w64 = (a.astype(t) for t in ("f4", "f8") for a in (right, wrong))
    return gathered(r32, w32, r64, w64, axes="B L C D")


def test_the_map_shows_the_axes_on_which_the_mistake_lies():
    _, found = wrong_at((slice(None), 3, slice(None), 1), (5, 6, 4, 3))
    assert found.positions.letters == ("L", "D")
    assert found.positions.extent == (6, 3)
    double = found.positions.maps[detail.BETWEEN64]
    assert np.argwhere(double).tolist() == [[3, 1]]


def test_errors_are_relative_to_the_scale():
    output, found = wrong_at((0, 0, 0, 0), (2, 2, 2, 2))
    assert found.positions.maps[detail.BETWEEN64].max() == pytest.approx(0.5 / output.scale)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.lists(st.integers(1, 150), min_size=0, max_size=4).filter(
        lambda shape: np.prod(shape) < 20_000
    ),
    block=st.integers(100, 5000),
    seed=st.integers(0, 99),
)
def test_no_error_is_lost_in_whatever_blocks_and_however_much_is_laid_together(shape, block, seed):
    """The largest of a map is the largest of the output, and every erring element is counted."""
    random = np.random.default_rng(seed)
    truth = random.uniform(-1, 1, tuple(shape))
    ref32, cand64 = truth.astype("f4"), truth + 1e-3 * random.uniform(0.1, 1, tuple(shape))
    cand32 = cand64.astype("f4")
    kept, detail._BLOCK = detail._BLOCK, block
    try:
        output, found = gathered(
            np.asarray(ref32), np.asarray(cand32), np.asarray(truth), np.asarray(cand64)
        )
    finally:
        detail._BLOCK = kept
    double = found.positions.maps[detail.BETWEEN64]
    assert max(double.shape) <= detail.CELLS
    assert double.max() == pytest.approx(output.max_abs_err_64 / output.scale)
    largest = found.magnitudes.largest[detail.CANDIDATE32].max()
    assert largest == pytest.approx(output.cand_err / output.scale)
    assert found.magnitudes.counts[detail.BETWEEN64].sum() == truth.size


def test_blocks_cover_every_element_once():
    seen = np.zeros((3, 200, 700), int)
    for part in detail._blocks(seen.shape):
        assert seen[part].size <= detail._BLOCK
        seen[part] += 1
    assert (seen == 1).all()


def test_a_small_value_with_a_large_error_stands_in_its_own_column():
    truth = np.array([[1.0, 1e-4]])
    wrong = np.array([[1.0, 1e-4 + 1e-2]])
    _, found = gathered(
        truth.astype("f4"), wrong.astype("f4"), truth, wrong,
    )  # fmt: skip
    counts = found.magnitudes.counts[detail.BETWEEN64]
    ((column, row),) = np.argwhere(counts)
    assert column / detail.BINS + detail.MAGNITUDES[0] == pytest.approx(-4, abs=0.3)
    assert row / detail.BINS + detail.ERRORS[0] == pytest.approx(-2, abs=0.3)


def test_nan_on_one_side_is_infinite_and_on_both_is_nothing():
    reference = np.ones((3, 4))
    reference[0, 0] = np.nan
    candidate = reference.copy()
    candidate[2, 1] = np.nan
    _, found = gathered(
        reference.astype("f4"), candidate.astype("f4"), reference, candidate
    )  # fmt: skip
    double = found.positions.maps[detail.BETWEEN64]
    assert np.argwhere(double).tolist() == [[2, 1]]
    assert np.isinf(double[2, 1])


def test_the_largest_gap_and_the_gap_agree_on_finite_numbers():
    one, other = np.random.default_rng(5).normal(size=(2, 30, 40))
    assert detail._gap(one, other).max() == elementwise.largest_gap(one, other).size


@pytest.mark.parametrize("dtype", ["int64", "bool", "<U3"])
def test_what_is_no_floating_number_shows_where_it_differs(dtype):
    right = np.arange(12).reshape(3, 4) % 2
    wrong = right.copy()
    wrong[1, 2] ^= 1
    _, found = gathered(right.astype(dtype), wrong.astype(dtype))
    assert found.magnitudes is None
    assert np.argwhere(found.positions.maps[detail.CANDIDATE32]).tolist() == [[1, 2]]


def test_without_float64_the_two_float32_runs_are_laid_over_each_other():
    right = np.ones((2, 3), "f4")
    _, found = gathered(right, right + np.float32(0.25))
    assert set(found.positions.maps) == {detail.CANDIDATE32}
    assert (found.positions.maps[detail.CANDIDATE32] == 0.25).all()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (np.zeros((0, 3), "f4"), np.zeros((0, 3), "f4")),
        (np.zeros((2, 3), "f4"), np.zeros((3, 2), "f4")),
        (np.zeros((2, 3), "f4"), np.zeros((2, 3), "f8")),
        (np.ones((2, 3), "f4"), np.ones((2, 3), "f4")),
    ],
    ids=["no elements", "another shape", "another dtype", "the same bits"],
)
def test_nothing_is_kept_of_what_cannot_be_laid_over_or_does_not_differ(right, wrong):
    _, found = gathered(right, wrong)
    assert found is None


def test_all_zero_but_for_the_candidate_has_a_map():
    zero, one = np.zeros((2, 2)), np.eye(2)
    _, found = gathered(zero.astype("f4"), one.astype("f4"), zero, one)
    assert np.argwhere(found.positions.maps[detail.BETWEEN64]).tolist() == [[0, 0], [1, 1]]


def test_a_scalar_and_a_vector_have_maps_with_their_own_letter():
    for shape, letters in (((), ("", "")), ((4,), ("", "M"))):
        right = np.ones(shape)
        _, found = gathered(
            right.astype("f4"), np.asarray(2 * right, "f4"), right, 2 * right,
            axes=" ".join(letters),
        )  # fmt: skip
        assert found.positions.letters == letters
        assert found.positions.extent == (1, right.size)
