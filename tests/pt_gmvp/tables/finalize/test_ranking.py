"""Ranks against pandas and scipy, and their laws."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.errors import InputError
from pt_gmvp.tables.finalize import run
from pt_gmvp.tables.finalize.ranking import Unmatched, rank_within
from tests.pt_gmvp.genomic_tables import FINAL, GENOMIC, by_pandas, gene, scores_of, write
from tests.pt_gmvp.tables.finalize.finalizing import finalized, read

CODONS = ["ATG", "CGA", "TGG", "GGC"]


def drawn(seed: int) -> tuple[list, list]:
    """Genomic rows and scores of some transcripts, in any order; some of each lack a partner."""
    random = np.random.default_rng(seed)
    rows = []
    for n in range(random.integers(1, 5)):
        codons = list(random.choice(CODONS, random.integers(1, 5)))
        chrom = str(random.choice(["1", "2", "10", "X", "chr3", "M"]))
        rows += gene(f"G{n % 3}", f"NM_00{n}.1", chrom, int(random.integers(1, 9)), codons)
    scores = scores_of(rows, random)
    rows = [rows[i] for i in random.permutation(len(rows))]
    scores = [scores[i] for i in random.permutation(len(scores))]
    return rows[: -(len(rows) // 10) or None], scores[len(scores) // 10 :]


def expected(rows: list, scores: list, ranks: str = "ordinal") -> pd.DataFrame:
    genomic = pd.DataFrame(rows, columns=GENOMIC).astype({"pos": int, "protein_position": int})
    return by_pandas(pd.DataFrame(scores, columns=["var", "gMVP"]), genomic, ranks)


@pytest.mark.slow
@given(
    seed=st.integers(0, 10**6), threads=st.sampled_from([1, 3]), some=st.sampled_from([1, 10**6])
)
@settings(max_examples=25)
def test_the_same_as_by_pandas_and_scipy(tmp_path_factory, seed, threads, some):
    """Joined, ranked and sorted to the same bits, however many transcripts are taken at a time."""
    folder = tmp_path_factory.mktemp("drawn")
    rows, scores = drawn(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "rank_within", partial(rank_within, rows=some))
        done = finalized(
            folder,
            write(folder / "s.tsv", ["var", "gMVP"], scores),
            write(folder / "g.tsv", GENOMIC, rows),
            threads=threads,
        )
    found, wanted = read(folder / "out.tsv"), expected(rows, scores)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    places = {"_".join(row[6:10]) for row in rows}
    assert done.matched.rows == len(wanted)
    assert done.matched.without_score.count == len(rows) - len(wanted)
    assert done.matched.without_place.count == sum(name not in places for name, _ in scores)


@pytest.mark.parametrize("ranks", ["average", "min", "max", "dense"])
def test_other_ranks_would_be_noticed(tmp_path, ranks):
    rows, scores = drawn(0)
    write(tmp_path / "s.tsv", ["var", "gMVP"], scores)
    write(tmp_path / "g.tsv", GENOMIC, rows)
    finalized(tmp_path, tmp_path / "s.tsv", tmp_path / "g.tsv")
    other = expected(rows, scores, ranks)
    for column in FINAL[-3:]:
        assert (read(tmp_path / "out.tsv")[column] != other[column]).any()


@pytest.mark.slow
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15)
def test_ranks_are_permutations_and_the_input_s_order_does_not_show(tmp_path_factory, seed):
    folder = tmp_path_factory.mktemp("drawn")
    rows, scores = drawn(seed)
    for name, order in (("a", 1), ("b", -1)):
        finalized(
            folder,
            write(folder / "s.tsv", ["var", "gMVP"], scores[::order]),
            write(folder / "g.tsv", GENOMIC, rows[::order]),
            f"{name}.tsv",
        )
    assert (folder / "a.tsv").read_bytes() == (folder / "b.tsv").read_bytes()
    table = read(folder / "a.tsv")
    for part, column in (
        *((part, "gMVP_normalized") for _, part in table.groupby("transcript_id")),
        (table, "gMVP_rankscore"),
        (table, "gMVP_normalized_rankscore"),
    ):
        ranks = part[column] * len(part)
        assert sorted(ranks.round(9)) == list(range(1, len(part) + 1))
    by_score = table.sort_values("gMVP_rankscore")
    assert by_score.gMVP.is_monotonic_increasing
    assert table.sort_values("gMVP_normalized_rankscore").gMVP_normalized.is_monotonic_increasing


def test_keeping_the_residue_is_counted(tmp_path, tables):
    scores, genomic = tables
    with open(genomic, "a") as file:
        file.write("chr10\t1005\tA\tC\tPTEN\tg\tENST1\t2\tR\tR\tCGA\tCGC\tGAT\n")
    with open(scores, "a") as file:
        file.write("ENST1_2_R_R\t0.5\n")
    assert finalized(tmp_path, *tables).matched.synonymous == 1


def test_two_scores_of_one_change_are_refused(tmp_path, tables):
    with open(tables[0], "a") as file:
        file.write("ENST1_2_R_Q\t0.5\n")
    with pytest.raises(InputError, match="scores has two rows for ENST1_2_R_Q; expected one"):
        finalized(tmp_path, *tables)


def test_of_many_rows_without_a_partner_the_first_are_named():
    found = Unmatched()
    for count, names in ((2, ["a", "b"]), (5, ["c", "d", "e"]), (1, ["f"])):
        found.add(count, names)
    assert found == Unmatched(8, ["a", "b", "c"])
