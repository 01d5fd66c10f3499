"""The columns of what is read and of what is written, under the original's names."""

SCORES = ("var", "gMVP")
"""Of a table of scores: `<transcript>_<position>_<reference>_<alternative>`, and the score."""

GENOMIC = (
    "chrom",
    "pos",
    "ref",
    "alt",
    "gene_symbol",
    "gene_id",
    "transcript_id",
    "protein_position",
    "ref_aa",
    "alt_aa",
    "ref_codon",
    "alt_codon",
    "context",
)
"""Of the genomic table: one row for each nucleotide change and transcript."""

RANKED = ("gMVP", "gMVP_normalized", "gMVP_rankscore", "gMVP_normalized_rankscore")
"""What is added to the genomic columns."""

FINAL = GENOMIC + RANKED
"""Of the finalized table, in this order."""

GENES = (
    "gene_symbol",
    "gene_id",
    "transcript_id",
    "chrom",
    "start",
    "end",
    "last_position",
    "rows",
)
"""Of the index beside a finalized table: the span of each transcript on each chromosome (1-based,
both ends included), the last protein position that has a row, and the number of rows."""
