"""Blocks hold each distinct substitution once, and depend on the variants and matrices alone."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.variants.rows import Rows
from pt_gmvp.scoring.blocks import RESIDUES, cut_blocks

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"


def rows_of(variants: list[tuple[str, int, str]]) -> Rows:
    ids = list(dict.fromkeys(transcript for transcript, _, _ in variants))
    count = len(variants)
    return Rows(
        ids,
        np.array([ids.index(transcript) for transcript, _, _ in variants], np.int32),
        np.array([position for _, position, _ in variants], np.int32),
        np.full(count, ord("A"), np.uint8),
        np.array([ord(alt) for _, _, alt in variants], np.uint8),
        np.full(count, -1, np.int8),
        np.zeros(count, np.int16),
        np.arange(1, count + 1),
    )


VARIANTS = st.lists(
    st.tuples(
        st.sampled_from(["b", "a", "c.1"]),
        st.one_of(st.integers(1, 40), st.just(999_999_999)),
        st.sampled_from(AMINO_ACIDS),
    ),
    max_size=300,
)


@given(variants=VARIANTS)
def test_each_variant_has_its_substitution_in_a_block(variants) -> None:
    blocks, which = cut_blocks(rows_of(variants), Path(__file__).parent)
    found = []
    for block in range(len(blocks)):
        pieces = list(blocks.pieces(block))
        assert 0 < sum(len(np.unique(piece.positions)) for piece in pieces) <= RESIDUES
        assert sum(len(piece.codes) for piece in pieces) == blocks.size(block)
        for transcript, file, positions, codes in pieces:
            assert file is None
            places = zip(positions.tolist(), codes.tolist(), strict=True)
            found += [(transcript, place + 1, AMINO_ACIDS[code]) for place, code in places]
    assert found == sorted(set(variants))
    assert [found[number] for number in which.tolist()] == variants
    assert len(set(blocks.names)) == len(blocks)


@given(variants=VARIANTS, seed=st.integers(0, 99))
def test_no_block_depends_on_the_order_of_the_table(variants, seed: int) -> None:
    shuffled = [variants[n] for n in np.random.default_rng(seed).permutation(len(variants))]
    one, _ = cut_blocks(rows_of(variants), Path(__file__).parent)
    other, _ = cut_blocks(rows_of(shuffled), Path(__file__).parent)
    assert one.names == other.names


@pytest.mark.parametrize("change", ["another matrix", "another substitute", "another transcript"])
def test_a_block_has_another_name_if_its_scores_may_differ(tmp_path: Path, change: str) -> None:
    (tmp_path / "a.npy").write_bytes(b"1")
    variants = [("a", 1, "C"), ("a", 2, "C")]
    before, _ = cut_blocks(rows_of(variants), tmp_path)
    assert before.files[0] is not None
    if change == "another matrix":
        (tmp_path / "a.npy").write_bytes(b"12")
    elif change == "another substitute":
        variants[1] = ("a", 2, "D")
    else:
        variants[1] = ("b", 2, "C")
    after, _ = cut_blocks(rows_of(variants), tmp_path)
    assert before.names != after.names
