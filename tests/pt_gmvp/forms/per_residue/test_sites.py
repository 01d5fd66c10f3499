"""What is cut of proteins is what the windows of the residues asked for see."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from pt_gmvp.forms.per_residue.sites import Sites, Windows

CPU = torch.device("cpu")


def numbered(length: int, first: int) -> np.ndarray:
    """A matrix whose rows are numbered in their first column."""
    matrix = np.zeros((length, 435))
    matrix[:, 0] = np.arange(first, first + length)
    return matrix


@given(
    proteins=st.lists(
        st.integers(1, 700).flatmap(
            lambda length: st.tuples(
                st.just(length), st.lists(st.integers(0, length - 1), max_size=8).map(sorted)
            )
        ),
        max_size=4,
    )
)
def test_a_window_sees_the_rows_that_it_sees_in_the_protein(
    proteins: list[tuple[int, list[int]]],
) -> None:
    matrices = [numbered(length, 1000 * each) for each, (length, _) in enumerate(proteins)]
    asked = [
        (matrix, np.array(positions, np.int64), np.arange(len(positions)))
        for matrix, (_, positions) in zip(matrices, proteins, strict=True)
    ]
    sites = Sites.cut(asked)
    assert sites.rows.dtype == np.float32
    assert sum(sites.lengths) == len(sites.rows)
    assert sites.substitute.tolist() == [code for _, _, codes in asked for code in codes]
    distinct = [(each, p) for each, (_, given) in enumerate(proteins) for p in sorted({*given})]
    every = [(each, p) for each, (_, given) in enumerate(proteins) for p in given]
    assert [distinct[center] for center in sites.center] == every
    assert len(sites.centers) == len(distinct)
    if not distinct:
        return
    rows, inside = Windows.of_sites(sites, CPU).rows(range(len(distinct)))
    seen = sites.rows[:, 0][rows.numpy()]
    for number, (each, position) in enumerate(distinct):
        window = np.arange(position - 64, position + 65)
        there = (window >= 0) & (window < proteins[each][0])
        assert inside[number].tolist() == there.tolist()
        assert seen[number][there].tolist() == (1000 * each + window[there]).tolist()
        # Those outside are replaced by others of the same protein.
        assert set(seen[number]) <= set((1000 * each + window[there]).tolist())


def test_rows_that_no_window_sees_are_not_taken() -> None:
    matrix = numbered(1000, 0)
    sites = Sites.cut([(matrix, np.array([10, 500, 628, 900]), np.zeros(4, np.int64))])
    assert sites.lengths == (75, 257, 129)
    assert sites.rows[75, 0] == 500 - 64


def test_windows_of_a_whole_protein() -> None:
    windows = Windows.of_protein(200, CPU)
    assert windows.center.tolist() == list(range(200))
    assert windows.first[[3, 70]].tolist() == [0, 6]
    assert windows.last[[70, 199]].tolist() == [135, 200]
