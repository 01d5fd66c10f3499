"""Names of genes from the original's table, and from a finalized table."""

import pytest

from converters.errors import InputError
from pt_gmvp.analysis.genes import gene_of

ORIGINAL = "transcript_stable_id\tdisplay_label\tgene_stable_id\nENST1\tABC\tG1\nENST2.3\tDEF\tG2\n"


@pytest.mark.parametrize(
    ("transcript", "gene"),
    [("ENST1", "ABC"), ("ENST1.7", "ABC"), ("ENST2", "DEF"), ("ENST2.3", "DEF"), ("ENST3", None)],
)
def test_the_originals_table(tmp_path, transcript, gene):
    (tmp_path / "genes.tsv").write_text(ORIGINAL)
    assert gene_of(tmp_path / "genes.tsv", transcript) == gene


def test_a_finalized_table_and_its_index(tmp_path):
    header = "#chrom\tpos\tgene_symbol\ttranscript_id\n"
    (tmp_path / "t.tsv").write_text(header + "1\t5\tABC\tENST1\n")
    assert gene_of(tmp_path / "t.tsv", "ENST1") == "ABC"
    (tmp_path / "t.tsv.genes.tsv").write_text("gene_symbol\ttranscript_id\nXYZ\tENST1\n")
    assert gene_of(tmp_path / "t.tsv", "ENST1") == "XYZ"


@pytest.mark.parametrize("text", ["", "a\tb\n1\t2\n"])
def test_another_table_is_refused(tmp_path, text):
    (tmp_path / "genes.tsv").write_text(text)
    with pytest.raises(InputError, match="not a table of genes; expected the columns transcript_s"):
        gene_of(tmp_path / "genes.tsv", "ENST1")
