import pytest

from converters.errors import InputError
from converters.variants.kinds.known import layout_of


@pytest.mark.parametrize(
    ("header", "kind", "needed"),
    [
        ("alt_aa aa_pos var transcript_id ref_aa", "gMVP", [3, 1, 4, 0, 2]),
        ("Symbol Transcript_ID HGVSp_Short Consequence", "column of changes", [1, 0, 2, 3]),
        ("gene mutation", "column of changes", [0, 1]),
        ("protein_var score", "column of changes", [0]),
        ("uniprot_id position wt mut", "columns of residues", [0, 1, 2, 3]),
        ("transcript pos ref alt", "columns of residues", [0, 1, 2, 3]),
        ("transcript_id protein_variant am_pathogenicity am_class", "AlphaMissense", [0, 1]),
        ("aaref aaalt aapos Uniprot_acc", "dbNSFP", [3, 2, 0, 1]),
        ("Ensembl_transcriptid HGVSp_VEP", "dbNSFP", [0, 1]),
        ("protein mutant mutated_sequence DMS_bin_score", "ProteinGym", [0, 1]),
        ("chrom pos ref alt transcript_id protein_position ref_aa alt_aa", "columns of residues",
         [4, 5, 6, 7]),
    ],
)  # fmt: skip
def test_headers(header, kind, needed):
    found = layout_of(header.split(), "t.tsv")
    assert (found.kind, found.needed) == (kind, needed)


@pytest.mark.parametrize(
    "header",
    [
        "a b",
        "chrom pos ref alt",
        "gene position reference alternate",
        "transcript_id mean_am_pathogenicity",
    ],
)
def test_headers_of_no_known_kind(header):
    assert layout_of(header.split(), "t.tsv") is None


def test_missing_and_repeated_columns():
    with pytest.raises(
        InputError, match=r"t.tsv: no column alt_aa; expected transcript_id, aa_pos"
    ):
        layout_of(["transcript_id", "aa_pos", "ref_aa"], "t.tsv")
    with pytest.raises(InputError, match="two columns have the same name, 'gene'"):
        layout_of(["gene", "gene", "mutation"], "t.tsv")
