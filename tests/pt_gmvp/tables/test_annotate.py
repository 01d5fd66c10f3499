import gzip

import numpy as np
import pytest

from converters.errors import InputError
from pt_gmvp.tables.annotate import annotate
from pt_gmvp.tables.finalize import Request, finalize
from tests.pt_gmvp.genomic_tables import FINAL, GENOMIC, gene, scores_of, write


class Quiet:
    def __enter__(self):
        return lambda *count: None

    def __exit__(self, *error):
        return None


@pytest.fixture(scope="module")
def finalized(tmp_path_factory):
    """A finalized table of a transcript with a version and one without."""
    folder = tmp_path_factory.mktemp("finalized")
    rows = gene("A", "ENST1.4", "1", 100, ["ATG", "CGA", "TGG"])
    rows += gene("B", "ENST2", "2", 100, ["CGA", "GGC"])
    rows += gene("C", "ENST3.1", "3", 100, ["CGA"]) + gene("C", "ENST3.2", "4", 100, ["CGA"])
    scores = write(folder / "s.tsv", ["var", "gMVP"], scores_of(rows, np.random.default_rng(3)))
    genomic = write(folder / "g.tsv", GENOMIC, rows)
    output = folder / "final.tsv"
    finalize(Request((scores,), genomic, output, 500_000_000, 1), lambda name, total, unit: Quiet())
    return output


def values_of(finalized, transcript, position, alt):
    """The rows of a change in the finalized table, as (score, normalized, rank)."""
    lines = [line.split("\t") for line in finalized.read_text().splitlines()[1:]]
    rows = [dict(zip(FINAL, line, strict=True)) for line in lines]
    return [
        (row["gMVP"], row["gMVP_normalized"], row["gMVP_rankscore"])
        for row in rows
        if (row["transcript_id"], row["protein_position"]) == (transcript, str(position))
        and row["alt_aa"] == alt
    ]


def test_three_columns_are_appended_and_all_else_stays(finalized, tmp_path):
    table, out = tmp_path / "t.tsv", tmp_path / "o.csv"
    table.write_bytes(b'#note\tprotein_var\tx\n  "a\tENST2_1_R_Q\t\nb\tENST2_9_R_Q\t1\r\n\nc\t\t2')
    done = annotate(table, finalized, out)
    ((score, normalized, rank),) = values_of(finalized, "ENST2", 1, "Q")
    assert out.read_bytes().decode() == (
        "#note\tprotein_var\tx\tgMVP\tgMVP_normalized\tgMVP_rankscore\n"
        f'  "a\tENST2_1_R_Q\t\t{score}\t{normalized}\t{rank}\n'
        "b\tENST2_9_R_Q\t1\tNaN\tNaN\tNaN\r\n"
        "c\t\t2\tNaN\tNaN\tNaN\n"
    )
    assert (done.rows, done.scored, done.empty, done.absent) == (3, 1, [5], [(3, "ENST2_9_R_Q")])


@pytest.mark.parametrize("asked", ["ENST1.4_2_R_G", "ENST1_2_R_G", "ENST1.9_2_r_g"])
def test_ids_fit_with_and_without_version_and_residues_in_either_case(finalized, tmp_path, asked):
    table = tmp_path / "t.tsv.gz"
    with gzip.open(table, "wt") as file:
        file.write(f"protein_var\n{asked}\n")
    assert annotate(table, finalized, tmp_path / "o.csv").scored == 1
    written = (tmp_path / "o.csv").read_text().splitlines()[1].split("\t")
    assert tuple(written[1:]) in values_of(finalized, "ENST1.4", 2, "G")


def test_of_several_ranks_of_one_change_the_lowest_counts(finalized, tmp_path):
    # Three nucleotide changes make I out of M.
    several = values_of(finalized, "ENST1.4", 1, "I")
    assert len(several) == 3
    (tmp_path / "t.tsv").write_text("protein_var\nENST1.4_1_M_I\n")
    annotate(tmp_path / "t.tsv", finalized, tmp_path / "o.csv")
    written = (tmp_path / "o.csv").read_text().splitlines()[1].split("\t")
    assert tuple(written[1:]) == min(several, key=lambda values: float(values[2]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variant\nx\n", "no column protein_var; expected a table of protein changes"),
        ("protein_var\tgMVP\nx\t1\n", "has a column gMVP already; remove it first"),
        ("protein_var\ty\nx\n", "t.tsv, line 2: 1 fields, the header has 2"),
        ("protein_var\n", "contains a header but no rows"),
        ("protein_var\nENST3_1_R_Q\n", "ENST3_1_R_Q may be ENST3.1_1_R_Q and ENST3.2_1_R_Q; give"),
    ],
)
def test_what_is_refused_leaves_nothing(finalized, tmp_path, text, message):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError) as refused:
        annotate(tmp_path / "t.tsv", finalized, tmp_path / "o.csv")
    assert message in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["t.tsv"]


def test_a_table_that_is_not_a_finalized_one(tmp_path):
    (tmp_path / "t.tsv").write_text("protein_var\nENST1_1_M_V\n")
    with pytest.raises(InputError, match="expected a finalized table with chrom, "):
        annotate(tmp_path / "t.tsv", tmp_path / "t.tsv", tmp_path / "o.csv")
